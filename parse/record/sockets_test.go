package record

import (
	"bytes"
	"slices"
	"testing"
)

// A table of sockets gives its peers back, whatever their names hold; another reply has none.
func TestSockets(t *testing.T) {
	peers := []Peer{{"10.0.0.9", 3, "CLOSE-WAIT"}, {"api-7d4b9c-x2x9q", 7, ""}, {"evil\n9 name", 12, "ESTAB"},
		{AllPeers, 1, ""}}
	text := AppendSockets(nil, slices.Clone(peers))
	if n := bytes.Count(text, []byte("\n")); n != len(peers)+1 {
		t.Fatalf("%d lines:\n%s", n, text)
	}
	got, ok := (&Other{Command: SocketsCommand, Text: text}).Sockets()
	want := []Peer{{"evil_9_name", 12, "ESTAB"}, {"api-7d4b9c-x2x9q", 7, ""}, {"10.0.0.9", 3, "CLOSE-WAIT"},
		{AllPeers, 1, ""}}
	if !ok || !slices.Equal(got, want) {
		t.Errorf("%v %v", got, ok)
	}
	if got, ok := (&Other{Command: "ROLE", Text: text}).Sockets(); ok || got != nil {
		t.Errorf("ROLE has sockets %v", got)
	}
}
