package timeline

import (
	"math"

	"github.com/connbox/connbox/parse/record"
)

// What a connection is doing, in bits.
const (
	isBlocked = 1 << iota
	isPubSub
	isInternal
	isReplica
	isStanding   // the idle time does not grow
	isSentinel   // by name
	isSubscribed // by the number of subscriptions
	isUsed       // was used after its birth while we looked
)

// timeoutSpares are the connections that the server's `timeout` leaves alone: flags S, O,
// M, b and P (clientsCronHandleTimeout in redis timeout.c).
const timeoutSpares = isBlocked | isPubSub | isInternal

// A dialect is how the server at hand means what it prints.
type dialect struct {
	id    record.Identity
	flags record.FlagTable
	slots record.SlotRule
	keys  int // key orders of CLIENT LIST looked at
	turns int // how often it was set
}

func (d *dialect) set(id record.Identity) {
	d.id, d.flags, d.slots = id, id.FlagTable(), id.Slots()
	d.turns++
}

// list takes from the key order of CLIENT LIST what INFO did not tell. Layouts only grow.
func (d *dialect) list(layouts []record.Layout) {
	if len(layouts) < d.keys {
		d.keys = 0 // of another file
	}
	for ; d.keys < len(layouts); d.keys++ {
		if id := d.id.FromList(layouts[d.keys]); id != d.id {
			d.set(id)
		}
	}
}

// kinds says what a connection is doing, in the bits of connNow. A subscriber is also known
// by its subscriptions, which servers before Redis 5.0 do not put into its flags, and a
// Sentinel by its name.
func (d *dialect) kinds(flags string, is uint8) uint8 {
	is &^= isBlocked | isPubSub | isInternal | isReplica
	p := d.flags.Of(flags)
	if p.Has(record.PropBlocked) {
		is |= isBlocked
	}
	if p.Has(record.PropPubSub) || is&isSubscribed != 0 {
		is |= isPubSub
	}
	if p.Has(internalProps) || is&isSentinel != 0 {
		is |= isInternal
	}
	if p.Has(record.PropReplica) {
		is |= isReplica
	}
	return is
}

// internalProps are those of connections that a deployment's own servers hold.
const internalProps = record.PropReplica | record.PropPrimary | record.PropInternal | record.PropRDBChannel |
	record.PropSlotImport | record.PropSlotExport

// slotsOf enters what counts against the limit, by the server's own rule. What does not
// count is left unobserved, so that Occupancy is a plain sum.
func (d *dialect) slotsOf(s *Sample, i *record.Info, fromConfig float64) {
	s.Connected = plausible(gauge(i, "connected_clients"))
	if d.slots.Replicas {
		s.Replicas = gauge(i, "connected_slaves")
	}
	if d.slots.Links {
		s.ClusterLinks = gauge(i, "cluster_connections")
	}
	// INFO that went through grep does not say whose it is: any key for a limit will do.
	for _, key := range [...]string{d.slots.LimitKey, "maxclients", "max_clients"} {
		// A limit of 0 would let nobody in, the recorder neither: it is one that is not told.
		if s.Limit = plausible(gauge(i, key)); s.Limit > 0 {
			return
		}
	}
	s.Limit = fromConfig
}

// gauge reads a number of INFO; NaN where it is not told or cannot be.
func gauge(i *record.Info, key string) float64 {
	if v, ok := i.Float(key); ok && v >= 0 && v < 1<<53 {
		return v
	}
	return math.NaN()
}

// maxPlausible is the highest number of connections or limit that is believed: above what
// any kernel gives a process in descriptors (fs.nr_open is at most 2^30).
const maxPlausible = 1 << 30

// plausible gives a number of connections, NaN where it cannot be one.
func plausible(v float64) float64 {
	if v > maxPlausible {
		return math.NaN()
	}
	return v
}
