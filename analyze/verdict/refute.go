package verdict

import "github.com/connbox/connbox/analyze/cause"

// refutations say, for each cause, what in a recording rules it out: the observations at
// which its score falls to nothing. They are the reasons that "ruled out" prints, in general.
var refutations = [...]struct {
	id   string
	what []string
}{
	{"connection-leak", []string{"the rise came in one burst, or stopped", "the source closes most of what it opens", "the added connections are used", "they wait in blocking commands or are internal"}},
	{"retry-storm", []string{"no connection was refused at the limit", "refusals are few against the commands served and the slots", "refusals lasted less than three samples"}},
	{"output-buffer-loop", []string{"nothing waited for the connections that went (omem) and the server counted no cut", "the connections that were cut did not come back"}},
	{"oversized-pool", []string{"the limit was far", "the connections are in use, subscribe or block", "hosts hold very different numbers", "the same hosts added them steadily"}},
	{"connection-churn", []string{"few connections are opened a second", "each of them carries many commands", "they are refused, cut with output waiting, or fail to authenticate"}},
	{"app-pool-exhaustion", []string{"the pools have idle connections", "no wait timed out and nothing waits", "the server was near its limit"}},
	{"blocking-commands", []string{"the number of blocked clients stayed, as a steady fleet of workers' does", "the added connections are not blocked"}},
	{"slow-commands", []string{"SLOWLOG has no command of that length", "connections did not grow after the long ones"}},
	{"maxclients-too-low", []string{"the limit was not reached", "the rise was a step", "commands did not rise with the connections", "the same hosts hold more connections each", "the connections are not in use"}},
	{"fd-limit", []string{"maxclients + 32 is no usual descriptor limit nor just below one", "the limit was not reached"}},
	{"internal-connections", []string{"replicas, Sentinels and links hold a small share", "their number did not grow"}},
	{"serverless-fanout", []string{"hosts hold several connections each", "the hosts stay the same"}},
	{"zombie-connections", []string{"no host fell silent with its connections open", "nobody took over the work of those that did"}},
	{"deploy-overlap", []string{"no hosts went as others came", "the level did not come back", "the limit was far"}},
	{"autoscaling-spiral", []string{"refusals did not rise while the limit was reached", "no host of a running application was added then"}},
	{"auth-failure-loop", []string{"hardly a connection failed to authenticate"}},
	{"protected-mode-refusals", []string{"no connection was refused", "refusals came near the limit"}},
	{"client-eviction", []string{"evicted_clients did not rise"}},
	{"idle-cut", []string{"connections went at any idle time", "those that went were not replaced", "no timeout is set, and what was cut is neither subscribers nor whole pools"}},
	{"reconnect-wave", []string{"the server did not restart", "nobody was refused after it, or refusals went on for long"}},
	{"server-stall", []string{"no fork or fsync took long", "connections did not grow after it"}},
}

// RulesOut gives what in a recording rules the cause out.
func RulesOut(c *cause.Cause) []string {
	for _, r := range refutations {
		if r.id == c.ID {
			return r.what
		}
	}
	return nil
}

// BringsAlong gives the causes whose signs this one brings along, each with the reason: where
// it took part, they are ruled out by it.
func BringsAlong(c *cause.Cause) []cause.Rival {
	var out []cause.Rival
	for _, e := range Explains[c.ID] {
		out = append(out, cause.Rival{ID: e.Id, Test: e.Why})
	}
	return out
}
