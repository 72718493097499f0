package record

// A ClientChanges is one reply of CLIENT LIST, told by what is new in it. A recording in
// which two thirds of the clients rest is read so several times faster than row by row. It
// leaves out the list's order and the fields that no analysis needs.
//
// Unless Whole is set, it continues the list before: what was said there of a client that
// is in neither Begun nor Ended still holds. The slices belong to the Source until the
// next Scan, as a record does.
type ClientChanges struct {
	Head
	Rows     int           // clients in the list
	AgeBase  int64         // a client's age is AgeBase - Spell.Created, in seconds
	IdleBase int64         // and its idle time IdleBase - Spell.IdleFrom
	List     int32         // number of the list in its segment, from 0
	Whole    bool          // Begun is all of the list; what held before is void, numbers too
	Begun    []Spell       // clients that are new or changed
	Ended    []int32       // numbers that are no longer in the list
	Layouts  []Layout      // as in Clients
	Clients  []SpellClient // by number; the same until the next Whole list
	Words    []string      // what Spell.Flags and Spell.Cmd lead to
	Rare     []SpellRare   // what Spell.Rare leads to

	// All gives every spell that holds in the list, from it on; see MakeWhole.
	All func() []Spell
}

func (*ClientChanges) Kind() Kind { return KindClients }

// A SpellClient has what does not change of a client while it has its number. A client
// that changes its name gets another number.
type SpellClient struct {
	ID                    int64
	Addr, Name, User, Lib string
}

// A Spell is the state of a client from one list on, without what time changes. Half a
// cache line, as a long recording has millions.
type Spell struct {
	Created    int64  // see ClientChanges.AgeBase; unix seconds
	IdleFrom   int64  // see ClientChanges.IdleBase; unix seconds
	Client     int32  // its number
	Lists      int32  // for how many lists it holds
	Rare       int32  // place in ClientChanges.Rare; 0 for all zero
	Flags, Cmd uint16 // places in ClientChanges.Words
}

// A SpellRare has what is zero in most spells.
type SpellRare struct {
	IdleStands      bool  // idle does not grow: Spell.IdleFrom is the idle time itself
	OMem, QBuf      int64 // bytes
	Sub, PSub, SSub int64
}

// A ChangeSource is a Source that can give *ClientChanges.
type ChangeSource interface {
	Source
	// Changes asks for *ClientChanges in place of *Clients, before the first Scan. Lists
	// that cannot be told so, as when two clients have one id, still come as *Clients; the
	// next *ClientChanges after one is Whole.
	Changes()
}

// MakeWhole makes r independent of the list before.
func (r *ClientChanges) MakeWhole() {
	if !r.Whole {
		r.Whole, r.Begun, r.Ended = true, r.All(), nil
	}
}
