package capture

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"

	"github.com/connbox/connbox/parse/record"
)

// newMAC gives a keyed hash whose key nobody learns: an argument that can be guessed cannot be
// tried.
func newMAC() hash.Hash {
	key := make([]byte, sha256.Size)
	rand.Read(key)
	return hmac.New(sha256.New, key)
}

// decodeSlowlog reads a reply of SLOWLOG GET into s, over what it held, and gives how many
// arguments were hidden. With keep, arguments stay but for those of secretive commands.
func decodeSlowlog(rep *response, s *record.Slowlog, keep bool, mac hash.Hash) (hidden int, err error) {
	s.Entries = s.Entries[:0]
	if !rep.isList(0) {
		return 0, errShape
	}
	for i := 1; i < len(rep.nodes); i = rep.next(i) {
		// The entry that had this place before lends its Args.
		s.Entries = slices.Grow(s.Entries, 1)
		e := &s.Entries[:len(s.Entries)+1][len(s.Entries)]
		if err := decodeEntry(rep, i, e); err != nil {
			return hidden, fmt.Errorf("entry %d: %w", len(s.Entries)+1, err)
		}
		if !keep || e.Secretive() {
			hidden += e.HashArgs(mac)
		}
		s.Entries = s.Entries[:len(s.Entries)+1]
	}
	return hidden, nil
}

func decodeEntry(rep *response, at int, e *record.SlowEntry) error {
	if n := rep.nodes[at].n; !rep.isList(at) || n < 4 {
		return errShape
	}
	*e = record.SlowEntry{Args: e.Args[:0]}
	i := at + 1
	for _, into := range []*int64{&e.ID, &e.Time, &e.Micros} {
		n, ok := rep.int(i)
		if !ok {
			return errShape
		}
		*into = n
		i = rep.next(i)
	}
	args, end := i, rep.next(i)
	if !rep.isList(args) {
		return errShape
	}
	for i = args + 1; i < end; i = rep.next(i) {
		e.Args = append(e.Args, rep.string(i))
	}
	if rep.nodes[at].n >= 6 && rep.isText(end) && rep.isText(rep.next(end)) {
		e.Six = true
		e.Addr, e.Name = rep.string(end), rep.string(rep.next(end))
	}
	return nil
}
