package verdict

import (
	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/cause/cut"
	"github.com/connbox/connbox/analyze/cause/hold"
	"github.com/connbox/connbox/analyze/cause/refuse"
	"github.com/connbox/connbox/analyze/cause/stall"
)

// catalog lists every cause of the contract, in its order.
var Causes = [...]*cause.Cause{
	&hold.Leak, &refuse.Storm, &cut.Outbuf, &hold.Pool, &cut.Churn, &stall.AppPool, &hold.Blocking, &stall.Slow, &refuse.TooLow, &refuse.FdLimit, &hold.Internal, &hold.Serverless,
	&hold.Zombie, &refuse.Deploy, &refuse.Autoscale, &refuse.AuthLoop, &refuse.Protected, &cut.Eviction, &cut.IdleCut, &refuse.Wave, &stall.Stall,
}

// Explains says which causes' signs a cause brings along by itself, with the reason:
// where it took part, they are ruled out by it (see weigh.go).
var Explains = map[string][]struct{ Id, Why string }{
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
func Catalog() []*cause.Cause { return append([]*cause.Cause(nil), Causes[:]...) }

// CauseByID finds a cause; nil when there is none of that name.
func CauseByID(id string) *cause.Cause {
	for _, c := range Causes {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// FixesOf gives a cause's fixes, none where the catalog does not have it.
func FixesOf(id string) []cause.Fix {
	if c := CauseByID(id); c != nil {
		return c.Fixes
	}
	return nil
}
