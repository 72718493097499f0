package verdict

import (
	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
)

// An infoKey is a key of INFO that exports may lack, and what of a sample it becomes.
type infoKey struct {
	name string
	of   func(*timeline.Sample) float64
}

var (
	keyAccepted = infoKey{"total_connections_received", func(s *timeline.Sample) float64 { return s.Accepted }}
	keyCommands = infoKey{"total_commands_processed", func(s *timeline.Sample) float64 { return s.Commands }}
	keyBlocked  = infoKey{"blocked_clients", func(s *timeline.Sample) float64 { return s.Blocked }}
)

// neededKeys are the keys without which a cause cannot be told from INFO alone: what the
// stand-in takes for births, for use and for blocked clients would be made of nothing.
var neededKeys = map[string][]infoKey{
	"connection-leak":      {keyAccepted},
	"zombie-connections":   {keyAccepted, keyCommands},
	"serverless-fanout":    {keyAccepted, keyCommands},
	"deploy-overlap":       {keyAccepted},
	"oversized-pool":       {keyCommands},
	"connection-churn":     {keyAccepted},
	"retry-storm":          {keyAccepted},
	"autoscaling-spiral":   {keyAccepted},
	"reconnect-wave":       {keyAccepted},
	"maxclients-too-low":   {keyCommands},
	"blocking-commands":    {keyBlocked},
	"internal-connections": {{"connected_slaves", func(s *timeline.Sample) float64 { return s.Replicas }}},
	"slow-commands":        {keyCommands},
	"server-stall":         {keyCommands},
	"output-buffer-loop":   {{"mem_clients_normal", func(s *timeline.Sample) float64 { return s.ClientMem }}},
}

// lacksKeys gives the keys that a cause needs and no sample has, where there is no CLIENT LIST.
func lacksKeys(m *measure.Model, c *cause.Cause) []cause.Need {
	if !m.InfoOnly {
		return nil
	}
	var out []cause.Need
	for _, k := range neededKeys[c.ID] {
		if !m.Holds(k.of) {
			out = append(out, cause.Need(k.name+" of INFO"))
		}
	}
	return out
}
