package analyze

import "strings"

// catalog lists every cause of the contract, in its order.
var catalog = [...]*Cause{
	&leak, &storm, &outbuf, &pool, &churn, &appPool, &blocking, &slow, &tooLow, &fdLimit, &internal, &serverless,
	&zombie, &deploy, &autoscale, &authLoop, &protected, &eviction, &idleCut, &wave, &stall,
}

// explains says which causes' signs a cause brings along by itself, with the reason:
// where it took part, they are ruled out by it (see weigh.go).
var explains = map[string][]struct{ id, why string }{
	"connection-leak":      {{"oversized-pool", "unused connections pile up in a leak too"}, {"maxclients-too-low", "the limit was filled by the leak"}},
	"oversized-pool":       {{"maxclients-too-low", "the limit was filled by unused connections"}},
	"blocking-commands":    {{"connection-leak", "the added connections wait in blocking commands"}, {"oversized-pool", "its connections wait, they are not spare"}, {"maxclients-too-low", "the limit was filled by waiting connections"}},
	"slow-commands":        {{"oversized-pool", "the pools grew behind the slow commands"}, {"server-stall", "a command held the server"}, {"zombie-connections", "the pools grew behind the slow commands"}, {"connection-leak", "the pools grew behind the slow commands"}, {"maxclients-too-low", "the pools grew behind the slow commands"}},
	"server-stall":         {{"zombie-connections", "the pools grew behind the stall"}, {"oversized-pool", "the pools grew behind the stall"}},
	"internal-connections": {{"serverless-fanout", "the added connections are internal"}, {"connection-leak", "the added connections are internal"}, {"maxclients-too-low", "the added connections are internal"}},
	"serverless-fanout":    {{"connection-leak", "hosts come and go with one connection each"}, {"maxclients-too-low", "one connection an instance filled the limit"}, {"zombie-connections", "instances are replaced all the time"}, {"deploy-overlap", "instances are replaced all the time"}, {"autoscaling-spiral", "instances come by invocation"}, {"connection-churn", "instances live for minutes"}, {"oversized-pool", "one connection an instance filled the limit"}},
	"zombie-connections":   {{"connection-leak", "the connections belong to hosts that fell silent"}, {"oversized-pool", "the unused connections belong to hosts that fell silent"}, {"maxclients-too-low", "the limit was filled by hosts that fell silent"}},
	"deploy-overlap":       {{"oversized-pool", "the level came back by itself"}, {"maxclients-too-low", "the level came back by itself"}, {"autoscaling-spiral", "old hosts went as new ones came"}, {"retry-storm", "refusals ended with the overlap"}},
	"autoscaling-spiral":   {{"maxclients-too-low", "hosts were added by the failure, not by traffic"}, {"oversized-pool", "hosts were added by the failure"}},
	"fd-limit":             {{"maxclients-too-low", "the limit is the descriptors', not the configured one"}},
	"retry-storm":          {{"connection-churn", "the connections that turn over are retries"}, {"reconnect-wave", "the refusals went on by retries"}},
	"output-buffer-loop":   {{"connection-churn", "the connections that turn over were cut"}, {"idle-cut", "they were cut with output waiting"}},
	"auth-failure-loop":    {{"connection-churn", "the connections that turn over failed to authenticate"}},
	"reconnect-wave":       {{"oversized-pool", "the pools filled when everyone reconnected"}},
	"client-eviction":      {{"output-buffer-loop", "the server counts them as evictions"}, {"connection-churn", "the connections that turn over were evicted"}},
}

// Catalog gives all causes, in the contract's order. The slice is the caller's; the
// causes are shared and must not be changed.
func Catalog() []*Cause { return append([]*Cause(nil), catalog[:]...) }

// CauseByID finds a cause; nil when there is none of that name.
func CauseByID(id string) *Cause {
	for _, c := range catalog {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// titleOf gives a cause's title, its id where the catalog does not have it: snapshots and
// logs know causes of their own.
func titleOf(id string) string {
	if c := CauseByID(id); c != nil {
		return c.Title
	}
	return upperFirst(strings.ReplaceAll(id, "-", " "))
}

// fixesOf gives a cause's fixes, none where the catalog does not have it.
func fixesOf(id string) []Fix {
	if c := CauseByID(id); c != nil {
		return c.Fixes
	}
	return nil
}
