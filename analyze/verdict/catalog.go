package verdict

import (
	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/cause/cut"
	"github.com/connbox/connbox/analyze/cause/hold"
	"github.com/connbox/connbox/analyze/cause/refuse"
	"github.com/connbox/connbox/analyze/cause/stall"
)

// Causes lists every cause of the contract, in its order.
var Causes = [...]*cause.Cause{
	&hold.Leak,
	&refuse.Storm,
	&cut.Outbuf,
	&hold.Pool,
	&cut.Churn,
	&stall.AppPool,
	&hold.Blocking,
	&stall.Slow,
	&refuse.TooLow,
	&refuse.FdLimit,
	&hold.Internal,
	&hold.Serverless,
	&hold.Zombie,
	&refuse.Deploy,
	&refuse.Autoscale,
	&refuse.AuthLoop,
	&refuse.Protected,
	&cut.Eviction,
	&cut.IdleCut,
	&refuse.Wave,
	&stall.Stall,
	&stall.Outage,
	&cut.QueryBuffer,
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
