package verdict

import "github.com/connbox/connbox/analyze/cause"

// A Kind says what one cause is to another.
type Kind string

// The kinds of relation.
const (
	Explains Kind = "explains" // From brings along the signs of To: where From took part, it rules To out
	LeadsTo  Kind = "leads to" // From may bring To about
	RivalOf  Kind = "rival of" // the two look alike
)

// A Relation is what the domain knows of two causes. Which of them took part is learnt from the
// recording; what can explain, follow from or pass for what is not.
type Relation struct {
	From string
	Kind Kind
	To   string
	Why  string // the reason; completes "FROM led to TO: …"; of rivals, what holds where From is right and To is not
	Back string // of rivals: what holds where To is right and From is not
	by   route  // of LeadsTo: what must have been seen between the two
}

// Relations is the one table of them. LeadsTo has no cycles.
var Relations = [...]Relation{
	{"connection-leak", Explains, "oversized-pool", "unused connections pile up in a leak too", "", ""},
	{"connection-leak", Explains, "maxclients-too-low", "the limit was filled by the leak", "", ""},
	{"oversized-pool", Explains, "maxclients-too-low", "the limit was filled by unused connections", "", ""},
	{"blocking-commands", Explains, "connection-leak", "the added connections wait in blocking commands", "", ""},
	{"blocking-commands", Explains, "oversized-pool", "its connections wait, they are not spare", "", ""},
	{"blocking-commands", Explains, "maxclients-too-low", "the limit was filled by waiting connections", "", ""},
	{"slow-commands", Explains, "oversized-pool", "the pools grew behind the slow commands", "", ""},
	{"slow-commands", Explains, "server-stall", "a command held the server", "", ""},
	{"slow-commands", Explains, "zombie-connections", "the pools grew behind the slow commands", "", ""},
	{"slow-commands", Explains, "connection-leak", "the pools grew behind the slow commands", "", ""},
	{"slow-commands", Explains, "maxclients-too-low", "the pools grew behind the slow commands", "", ""},
	{"server-stall", Explains, "zombie-connections", "the pools grew behind the stall", "", ""},
	{"server-stall", Explains, "oversized-pool", "the pools grew behind the stall", "", ""},
	{"internal-connections", Explains, "serverless-fanout", "the added connections are internal", "", ""},
	{"internal-connections", Explains, "connection-leak", "the added connections are internal", "", ""},
	{"internal-connections", Explains, "maxclients-too-low", "the added connections are internal", "", ""},
	{"serverless-fanout", Explains, "connection-leak", "hosts come and go with one connection each", "", ""},
	{"serverless-fanout", Explains, "maxclients-too-low", "one connection an instance filled the limit", "", ""},
	{"serverless-fanout", Explains, "zombie-connections", "instances are replaced all the time", "", ""},
	{"serverless-fanout", Explains, "deploy-overlap", "instances are replaced all the time", "", ""},
	{"serverless-fanout", Explains, "autoscaling-spiral", "instances come by invocation", "", ""},
	{"serverless-fanout", Explains, "connection-churn", "instances live for minutes", "", ""},
	{"serverless-fanout", Explains, "oversized-pool", "one connection an instance filled the limit", "", ""},
	{"zombie-connections", Explains, "connection-leak",
		"the connections belong to hosts that fell silent", "", ""},
	{"zombie-connections", Explains, "oversized-pool",
		"the unused connections belong to hosts that fell silent", "", ""},
	{"zombie-connections", Explains, "maxclients-too-low",
		"the limit was filled by hosts that fell silent", "", ""},
	{"deploy-overlap", Explains, "oversized-pool", "the level came back by itself", "", ""},
	{"deploy-overlap", Explains, "maxclients-too-low", "the level came back by itself", "", ""},
	{"deploy-overlap", Explains, "autoscaling-spiral", "old hosts went as new ones came", "", ""},
	{"deploy-overlap", Explains, "retry-storm", "refusals ended with the overlap", "", ""},
	{"autoscaling-spiral", Explains, "maxclients-too-low",
		"hosts were added by the failure, not by traffic", "", ""},
	{"autoscaling-spiral", Explains, "oversized-pool", "hosts were added by the failure", "", ""},
	{"fd-limit", Explains, "maxclients-too-low", "the limit is the descriptors', not the configured one", "", ""},
	{"retry-storm", Explains, "connection-churn", "the connections that turn over are retries", "", ""},
	{"retry-storm", Explains, "reconnect-wave", "the refusals went on by retries", "", ""},
	{"output-buffer-loop", Explains, "connection-churn", "the connections that turn over were cut", "", ""},
	{"output-buffer-loop", Explains, "idle-cut", "they were cut with output waiting", "", ""},
	{"auth-failure-loop", Explains, "connection-churn",
		"the connections that turn over failed to authenticate", "", ""},
	{"reconnect-wave", Explains, "oversized-pool", "the pools filled when everyone reconnected", "", ""},
	{"slow-commands", Explains, "server-outage", "a command held the server", "", ""},
	{"server-stall", Explains, "server-outage", "the server stood still, with answers that came late", "", ""},
	{"client-eviction", Explains, "output-buffer-loop", "the server counts them as evictions", "", ""},
	{"client-eviction", Explains, "connection-churn", "the connections that turn over were evicted", "", ""},
	{"client-eviction", Explains, "query-buffer-growth", "the server counts them as evictions", "", ""},
	{"connection-leak", LeadsTo, "retry-storm",
		"leaked connections took the slots, and who was refused tried again", "", byLimit},
	{"oversized-pool", LeadsTo, "retry-storm",
		"unused connections took the slots, and who was refused tried again", "", byLimit},
	{"blocking-commands", LeadsTo, "retry-storm",
		"waiting connections took the slots, and who was refused tried again", "", byLimit},
	{"slow-commands", LeadsTo, "retry-storm",
		"pools grew behind the slow commands into the limit, and who was refused tried again", "", byLimit},
	{"server-stall", LeadsTo, "retry-storm",
		"pools grew behind the stalls into the limit, and who was refused tried again", "", byLimit},
	{"maxclients-too-low", LeadsTo, "retry-storm",
		"traffic grew into the limit, and who was refused tried again", "", byLimit},
	{"internal-connections", LeadsTo, "retry-storm",
		"internal connections took the slots, and who was refused tried again", "", byLimit},
	{"serverless-fanout", LeadsTo, "retry-storm",
		"an instance's connection each took the slots, and who was refused tried again", "", byLimit},
	{"zombie-connections", LeadsTo, "retry-storm",
		"dead peers kept the slots, and who was refused tried again", "", byLimit},
	{"deploy-overlap", LeadsTo, "retry-storm",
		"old and new instances took the slots, and who was refused tried again", "", byLimit},
	{"reconnect-wave", LeadsTo, "retry-storm",
		"everyone came back at once, and who was refused tried again", "", byRestart},
	{"server-outage", LeadsTo, "reconnect-wave", "everyone who had lost the server came back at once", "", byRestart},
	{"server-outage", LeadsTo, "retry-storm", "everyone who had lost the server came back at once, and who was refused tried again", "", byRestart},
	{"autoscaling-spiral", LeadsTo, "retry-storm", "each instance added tries too", "", byLoop},
	{"connection-leak", LeadsTo, "autoscaling-spiral",
		"leaked connections took the slots, and the scaler answered the failures", "", byLimit},
	{"slow-commands", LeadsTo, "autoscaling-spiral",
		"pools grew into the limit, and the scaler answered the failures", "", byLimit},
	{"server-stall", LeadsTo, "autoscaling-spiral",
		"pools grew into the limit, and the scaler answered the failures", "", byLimit},
	{"connection-leak", LeadsTo, "app-pool-exhaustion",
		"connections that are not given back are missing in the pool", "", byPool},
	{"blocking-commands", LeadsTo, "app-pool-exhaustion",
		"connections that wait are missing in the pool", "", byPool},
	{"slow-commands", LeadsTo, "app-pool-exhaustion", "requests hold their connection for longer", "", byPool},
	{"server-stall", LeadsTo, "app-pool-exhaustion", "requests hold their connection for longer", "", byPool},
	{"fd-limit", LeadsTo, "retry-storm", "the descriptors set the height of the limit", "", byLimiter},
	{"fd-limit", LeadsTo, "autoscaling-spiral", "the descriptors set the height of the limit", "", byLimiter},
	{"fd-limit", LeadsTo, "connection-leak", "the descriptors set the height of the limit", "", byLimiter},
	{"fd-limit", LeadsTo, "oversized-pool", "the descriptors set the height of the limit", "", byLimiter},
	{"connection-leak", RivalOf, "oversized-pool",
		"the connections came one after the other, not in one burst, and go on coming: KS distance under 0.7",
		"opened in a burst, then flat; the hosts' counts are alike", ""},
	{"connection-leak", RivalOf, "zombie-connections",
		"the source still opens connections; a dead peer opens none",
		"whole hosts are silent, and they open nothing more", ""},
	{"connection-leak", RivalOf, "blocking-commands",
		"the added connections wait in BLPOP, XREAD or WAIT (flag b)",
		"the added connections wait in a blocking command (flag b)", ""},
	{"connection-leak", RivalOf, "maxclients-too-low",
		"the number of hosts stayed the same and the added connections are not in use",
		"each host keeps its number of connections, and they are in use", ""},
	{"connection-leak", RivalOf, "serverless-fanout",
		"several connections a host, from the same hosts", "one connection a host, and hosts come and go", ""},
	{"connection-leak", RivalOf, "output-buffer-loop",
		"nothing waits for the connections, and they are not cut and replaced",
		"the connections are cut and replaced, their number does not grow", ""},
	{"connection-leak", RivalOf, "app-pool-exhaustion",
		"connections on the server grow; a pool that is exhausted stays at its size",
		"connections on the server do not grow", ""},
	{"connection-leak", RivalOf, "internal-connections",
		"the connections are applications', not replicas' or Sentinels'",
		"the connections belong to replicas or Sentinels, two for each", ""},
	{"connection-leak", RivalOf, "idle-cut",
		"the connections stay; those that are cut go at one idle time and are replaced",
		"the number of connections stays as each cut one is replaced; a leak's grows", ""},
	{"connection-leak", RivalOf, "slow-commands",
		"the rise is steady and no long command goes before it",
		"the pools grew in the lists after the long commands, not evenly", ""},
	{"server-outage", RivalOf, "slow-commands",
		"no command in SLOWLOG took as long as the silence", "a command in SLOWLOG took as long as the silence", ""},
	{"server-outage", RivalOf, "server-stall",
		"no answer came at all, or another process answered afterwards", "every probe was answered, late", ""},
	{"retry-storm", RivalOf, "maxclients-too-low",
		"refusals are many against the commands or the slots: clients do not wait between tries",
		"connections are refused now and then, a storm about as often as commands are served", ""},
	{"retry-storm", RivalOf, "connection-churn",
		"connections are refused, and the limit is reached", "hardly a connection is refused", ""},
	{"retry-storm", RivalOf, "protected-mode-refusals",
		"the limit is reached while connections are refused", "the limit is never near", ""},
	{"retry-storm", RivalOf, "reconnect-wave",
		"refusals go on long after every client could have been back", "refusals end once everyone is back", ""},
	{"retry-storm", RivalOf, "deploy-overlap",
		"refusals go on after the old instances are gone", "refusals end with the overlap", ""},
	{"retry-storm", RivalOf, "autoscaling-spiral",
		"the number of instances does not grow with the refusals",
		"the rate of refusals keeps rising with the number of instances", ""},
	{"retry-storm", RivalOf, "auth-failure-loop",
		"the connections are refused for want of a slot, not accepted and then failed",
		"the connections are accepted, then fail", ""},
	{"output-buffer-loop", RivalOf, "client-eviction",
		"evicted_clients does not rise", "evicted_clients counts them", ""},
	{"client-eviction", RivalOf, "query-buffer-growth", "evicted_clients counts them", "evicted_clients does not rise", ""},
	{"query-buffer-growth", RivalOf, "output-buffer-loop", "what fills is what clients send", "what fills is what they do not read", ""},
	{"output-buffer-loop", RivalOf, "idle-cut",
		"output waits for the connections that go, whatever their idle time", "nothing waited for them", ""},
	{"output-buffer-loop", RivalOf, "connection-churn",
		"output waits for the connections that go", "nothing waits for the connections that go", ""},
	{"output-buffer-loop", RivalOf, "internal-connections",
		"the connections are cut with output waiting and come back; internal ones pile up and stay",
		"the connections stay; replicas that are cut and back again keep their number", ""},
	{"oversized-pool", RivalOf, "serverless-fanout",
		"several connections an instance, and hardly one changes hands",
		"one connection an instance, renewed within minutes; a pool keeps its connections", ""},
	{"oversized-pool", RivalOf, "maxclients-too-low",
		"the connections are not in use", "the connections are in use, and the rise is gradual", ""},
	{"oversized-pool", RivalOf, "deploy-overlap",
		"the old instances are gone and the count stays", "the level comes back by itself", ""},
	{"oversized-pool", RivalOf, "app-pool-exhaustion",
		"the pool's connections are idle, not all busy", "the pool is busy, not idle", ""},
	{"oversized-pool", RivalOf, "slow-commands",
		"no slow command went before the growth", "the pools grew right after the stalls began", ""},
	{"oversized-pool", RivalOf, "server-stall",
		"no fork and no fsync held the server when the pools were filled",
		"the pools were as small as the work needs before the server stood still", ""},
	{"oversized-pool", RivalOf, "zombie-connections",
		"hosts with unused connections work all the same: some of their connections are used in every few lists",
		"the other hosts of the application work all the time", ""},
	{"oversized-pool", RivalOf, "reconnect-wave",
		"the level stays long after a restart, if there was one",
		"the connections are those from before the restart or cut, and the refusals end", ""},
	{"oversized-pool", RivalOf, "blocking-commands",
		"the unused connections rest; those that wait in BLPOP, XREAD or WAIT have the flag b",
		"the connections wait in a command (flag b) and are not spare", ""},
	{"oversized-pool", RivalOf, "autoscaling-spiral",
		"the pools were there, or came in one burst, before anything failed",
		"the connections come with failing instances, at the limit", ""},
	{"connection-churn", RivalOf, "auth-failure-loop",
		"authentication succeeds", "the connections fail to authenticate", ""},
	{"connection-churn", RivalOf, "idle-cut",
		"the connections are young when they go, not idle for a fixed time",
		"the connections were idle for a fixed time when they went", ""},
	{"connection-churn", RivalOf, "client-eviction",
		"no client is evicted", "evicted_clients rises with the connections that go", ""},
	{"connection-churn", RivalOf, "serverless-fanout",
		"a connection lives for a request, and the hosts are the same",
		"a connection lives as long as its instance, for minutes", ""},
	{"app-pool-exhaustion", RivalOf, "maxclients-too-low",
		"the server has room and refuses nothing",
		"the server itself refuses; with an exhausted pool it has room", ""},
	{"app-pool-exhaustion", RivalOf, "slow-commands",
		"no slow command holds the pool's connections",
		"SLOWLOG has the long commands, and the pools grow behind them; an exhausted one cannot grow", ""},
	{"app-pool-exhaustion", RivalOf, "blocking-commands",
		"the pool's connections do not wait in BLPOP, XREAD or WAIT",
		"the connections that wait grow in number on the server; an exhausted pool stays at its size", ""},
	{"blocking-commands", RivalOf, "slow-commands",
		"waiting is not running: SLOWLOG shows no long command", "SLOWLOG counts running, not waiting", ""},
	{"blocking-commands", RivalOf, "maxclients-too-low",
		"the added connections wait; traffic's connections run commands",
		"the connections run commands; those that wait in BLPOP, XREAD or WAIT do not", ""},
	{"slow-commands", RivalOf, "zombie-connections",
		"the connections came while a command held the server, and the hosts are still at work",
		"no long command ran when the others came", ""},
	{"slow-commands", RivalOf, "server-stall",
		"a command ran all that time", "SLOWLOG shows no command of that length", ""},
	{"slow-commands", RivalOf, "maxclients-too-low",
		"the connections rose right after long commands, not with the traffic",
		"no long command goes before the rise", ""},
	{"maxclients-too-low", RivalOf, "fd-limit",
		"the limit is the configured one, not what the descriptors allowed",
		"the limit is what the descriptors allowed, not the configured one", ""},
	{"maxclients-too-low", RivalOf, "autoscaling-spiral",
		"hosts grew before the limit was reached, with the commands",
		"commands did not rise before the hosts did", ""},
	{"maxclients-too-low", RivalOf, "serverless-fanout",
		"each host holds a pool and stays; functions hold one connection each and live for minutes",
		"instances live for minutes and hold one connection each", ""},
	{"maxclients-too-low", RivalOf, "protected-mode-refusals",
		"the limit is reached while connections are refused", "the limit is never near", ""},
	{"maxclients-too-low", RivalOf, "deploy-overlap",
		"the rise lasts: the old hosts stay and the new ones add to them",
		"the level before and after leaves room: only both together do not fit", ""},
	{"maxclients-too-low", RivalOf, "internal-connections",
		"the connections added are applications'",
		"the connections added are the deployment's own, not traffic's", ""},
	{"maxclients-too-low", RivalOf, "zombie-connections",
		"every host that holds connections works", "hosts that hold connections do not work", ""},
	{"internal-connections", RivalOf, "serverless-fanout",
		"the connections stay: they are replicas, Sentinels and nodes, not instances that come and go",
		"clients come and go; replicas and Sentinels stay", ""},
	{"serverless-fanout", RivalOf, "zombie-connections",
		"the hosts that stop also disappear",
		"hosts that stop keep their connections; instances of functions take theirs along", ""},
	{"serverless-fanout", RivalOf, "deploy-overlap",
		"instances are replaced all the time, not once", "the hosts change once, and hold pools", ""},
	{"serverless-fanout", RivalOf, "autoscaling-spiral",
		"instances come by invocation, whether or not anything is refused",
		"each instance brings a pool, and only when the others fail", ""},
	{"zombie-connections", RivalOf, "server-stall",
		"no fork and no fsync held the server when the others came",
		"the connections came after a fork or an fsync, and the hosts are still at work", ""},
	{"zombie-connections", RivalOf, "deploy-overlap",
		"the old hosts' connections do not go away", "the old hosts' connections go within the recording", ""},
	{"deploy-overlap", RivalOf, "reconnect-wave",
		"the hosts changed, the server did not restart", "the server restarted, the hosts are the same", ""},
	{"deploy-overlap", RivalOf, "autoscaling-spiral", "the old hosts go", "no old host goes", ""},
}

// A Neighbour is another cause as one sees it: what it is to it, and why.
type Neighbour struct{ ID, Why string }

// related gives the other ends of the relations that begin at a cause.
func related(id string, kind Kind) (out []Neighbour) {
	for i := range Relations {
		if r := &Relations[i]; r.From == id && r.Kind == kind {
			out = append(out, Neighbour{r.To, r.Why})
		}
	}
	return out
}

// BringsAlong gives the causes whose signs this one brings along, each with the reason: where
// it took part, they are ruled out by it.
func BringsAlong(c *cause.Cause) []Neighbour { return related(c.ID, Explains) }

// Rivals gives the causes that look like this one, with what holds where this one is right.
func Rivals(c *cause.Cause) []Neighbour {
	var out []Neighbour
	for i := range Relations {
		switch r := &Relations[i]; {
		case r.Kind != RivalOf:
		case r.From == c.ID:
			out = append(out, Neighbour{r.To, r.Why})
		case r.To == c.ID:
			out = append(out, Neighbour{r.From, r.Back})
		}
	}
	return out
}

// RivalTest gives what holds where a cause is right and another, which looks like it, is not.
func RivalTest(c *cause.Cause, other string) (test string, ok bool) {
	for _, r := range Rivals(c) {
		if r.ID == other {
			return r.Why, true
		}
	}
	return "", false
}
