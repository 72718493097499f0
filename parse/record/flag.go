package record

import (
	"strings"
)

// Properties say what a connection is doing, from its flags.
type Properties uint32

// The properties that the letters of flags= stand for.
const (
	PropMonitor        Properties = 1 << iota // in MONITOR
	PropReplica                               // a replica of this server
	PropPrimary                               // the primary of this server
	PropPubSub                                // subscribed to something
	PropMulti                                 // inside MULTI
	PropBlocked                               // waits in BLPOP, XREAD, WAIT …
	PropTracking                              // client-side caching: tracks keys
	PropBrokenRedirect                        // tracking, but the connection it redirects to is gone
	PropBroadcast                             // tracking by prefix
	PropDirty                                 // a watched key changed: EXEC will fail
	PropCloseAfter                            // closes after the reply
	PropCloseASAP                             // closes as soon as possible
	PropUnblocked                             // was blocked and goes on
	PropUnix                                  // through a unix socket
	PropReadOnly                              // READONLY, of a cluster's replica
	PropAsking                                // after ASKING
	PropNoEvict                               // exempt from client eviction
	PropNoTouch                               // does not count for LRU and LFU
	PropInternal                              // of a cluster's own nodes
	PropImportSource                          // brings data in from another server
	PropRDBChannel                            // the second connection of a full synchronisation
	PropSlotImport                            // brings in slots of a cluster
	PropSlotExport                            // takes slots of a cluster away
	numProperties      = iota
)

// propertyNames are the names in the order of the constants.
var propertyNames = [numProperties]string{
	"monitor", "replica", "primary", "pubsub", "multi", "blocked", "tracking", "broken-redirect", "broadcast", "dirty",
	"close-after-reply", "close-asap", "unblocked", "unix-socket", "readonly", "asking", "no-evict", "no-touch", "internal",
	"import-source", "rdb-channel", "slot-import", "slot-export",
}

// Has tells whether p has one of the properties in q.
func (p Properties) Has(q Properties) bool { return p&q != 0 }

// String gives the names, with commas.
func (p Properties) String() string {
	var names []string
	for i, name := range propertyNames {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// A Flag is what one letter of flags= means on one family of servers.
type Flag struct {
	Letter byte
	Family Family     // FamilyRedis stands for the others, too, that are no line's (see Identity.flag)
	Since  [2]int     // major and minor version from which it is printed
	Prop   Properties // 0 for N, which says that there is nothing to say
	Known  Evidence
	Note   string
}

// flags is the table of letters. Source: catClientInfoString in Redis' and Valkey's
// networking.c, redis::Connection::GetFlags of Kvrocks, WriteClientInfo of Garnet.
var flags = [...]Flag{
	{'N', FamilyRedis, [2]int{2, 4}, 0, Recorded, "nothing to say"},
	{'O', FamilyRedis, [2]int{2, 4}, PropMonitor, Recorded, ""},
	{'S', FamilyRedis, [2]int{2, 4}, PropReplica, Recorded, ""},
	{'M', FamilyRedis, [2]int{2, 4}, PropPrimary, Recorded, ""},
	{'P', FamilyRedis, [2]int{5, 0}, PropPubSub, Recorded, "before, sub= and psub= alone tell a subscriber"},
	{'x', FamilyRedis, [2]int{2, 4}, PropMulti, Recorded, ""},
	{'b', FamilyRedis, [2]int{2, 4}, PropBlocked, Recorded, ""},
	{'d', FamilyRedis, [2]int{2, 4}, PropDirty, FromSource, ""},
	{'c', FamilyRedis, [2]int{2, 4}, PropCloseAfter, FromSource, ""},
	{'u', FamilyRedis, [2]int{2, 4}, PropUnblocked, FromSource, ""},
	{'A', FamilyRedis, [2]int{2, 6}, PropCloseASAP, FromSource, ""},
	{'U', FamilyRedis, [2]int{2, 6}, PropUnix, Recorded, ""},
	{'r', FamilyRedis, [2]int{3, 0}, PropReadOnly, Recorded, ""},
	{'t', FamilyRedis, [2]int{6, 0}, PropTracking, Recorded, ""},
	{'R', FamilyRedis, [2]int{6, 0}, PropBrokenRedirect, FromSource, ""},
	{'B', FamilyRedis, [2]int{6, 2}, PropBroadcast, Recorded, ""},
	{'e', FamilyRedis, [2]int{7, 0}, PropNoEvict, Recorded, ""},
	{'T', FamilyRedis, [2]int{7, 2}, PropNoTouch, Recorded, ""},
	{'I', FamilyRedis, [2]int{7, 9}, PropInternal, FromSource, "7.9 is the milestone before 8.0"},
	{'C', FamilyRedis, [2]int{7, 9}, PropRDBChannel, FromSource, "7.9 is the milestone before 8.0"},
	{'g', FamilyRedis, [2]int{8, 4}, PropSlotExport, Documented, ""},
	{'o', FamilyRedis, [2]int{8, 4}, PropSlotImport, Documented, ""},
	{'I', FamilyValkey, [2]int{8, 1}, PropImportSource, FromSource, "not the I of Redis"},
	{'i', FamilyValkey, [2]int{9, 0}, PropSlotImport, FromSource, ""},
	{'E', FamilyValkey, [2]int{9, 0}, PropSlotExport, FromSource, ""},
	{'N', FamilyKvrocks, [2]int{}, 0, FromSource, "nothing to say"},
	{'S', FamilyKvrocks, [2]int{}, PropReplica, FromSource, ""},
	{'c', FamilyKvrocks, [2]int{}, PropCloseAfter, FromSource, ""},
	{'M', FamilyKvrocks, [2]int{}, PropMonitor, FromSource, "the O of Redis, whose M is the primary"},
	{'A', FamilyKvrocks, [2]int{}, PropAsking, FromSource, "not the A of Redis"},
	{'P', FamilyKvrocks, [2]int{}, PropPubSub, FromSource, ""},
	{'N', FamilyGarnet, [2]int{}, 0, FromSource, "nothing to say"},
	{'S', FamilyGarnet, [2]int{}, PropReplica, FromSource, ""},
	{'M', FamilyGarnet, [2]int{}, PropPrimary, FromSource, ""},
	{'P', FamilyGarnet, [2]int{}, PropPubSub, FromSource, ""},
}

// Flags resolves the letters of flags= as this server prints them, and gives those it does
// not know, each once.
//
// For a server that is not known, a letter counts that means one thing on every recent
// Redis and Valkey that prints it.
func (id Identity) Flags(letters string) (p Properties, unknown string) {
	for i := 0; i < len(letters); i++ {
		f, ok := id.flag(letters[i])
		switch {
		case ok:
			p |= f.Prop
		case strings.IndexByte(unknown, letters[i]) < 0:
			unknown += letters[i : i+1]
		}
	}
	return p, unknown
}

// flag finds a letter's line.
func (id Identity) flag(letter byte) (found Flag, ok bool) {
	switch id.Family {
	case FamilyKvrocks, FamilyGarnet:
		return lookFlag(letter, id.Family, id)
	case FamilyUnknown:
		redis, inRedis := lookFlag(letter, FamilyRedis, Identity{})
		valkey, inValkey := lookFlag(letter, FamilyValkey, Identity{})
		if inRedis && inValkey {
			return redis, redis.Prop == valkey.Prop
		}
		if inValkey {
			return valkey, true
		}
		return redis, inRedis
	case FamilyValkey:
		if f, ok := lookFlag(letter, FamilyValkey, id); ok {
			return f, true
		}
		// Valkey is a fork of Redis 7.2, whose later letters it does not have.
		return lookFlag(letter, FamilyRedis, Identity{Version: "7.2"})
	case FamilyDragonfly:
		return lookFlag(letter, FamilyRedis, Identity{Version: "7.2"})
	case FamilyKeyDB:
		return lookFlag(letter, FamilyRedis, Identity{Version: "6.2"})
	}
	return lookFlag(letter, FamilyRedis, id)
}

// lookFlag finds a letter's line for a family at a version.
func lookFlag(letter byte, family Family, at Identity) (Flag, bool) {
	for _, f := range flags {
		if f.Letter == letter && f.Family == family && at.AtLeast(f.Since[0], f.Since[1]) {
			return f, true
		}
	}
	return Flag{}, false
}

// A FlagTable resolves letters for one server, at the cost of a look-up each.
type FlagTable struct{ props [256]Properties }

// FlagTable gives the table of a server.
func (id Identity) FlagTable() FlagTable {
	var t FlagTable
	for _, f := range flags {
		if f, ok := id.flag(f.Letter); ok {
			t.props[f.Letter] = f.Prop
		}
	}
	return t
}

// Of resolves letters as Identity.Flags does, and passes over those that are not known.
func (t *FlagTable) Of(letters string) (p Properties) {
	for i := 0; i < len(letters); i++ {
		p |= t.props[letters[i]]
	}
	return p
}

// Evidence is how a fact about a server is known.
type Evidence uint8

// The kinds of evidence, the best first.
const (
	Recorded   Evidence = iota // from a running server
	FromSource                 // read in the server's source
	Documented                 // in its documentation only
)

// String gives "recorded", "source" or "documented".
func (e Evidence) String() string { return [...]string{"recorded", "source", "documented"}[e] }
