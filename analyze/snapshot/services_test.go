package snapshot_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/connbox/connbox/analyze/snapshot"
)

// fleetOf gives rows of a service's hosts; ages gives those of the connections of a host.
func fleetOf(prefix, name string, hosts int, ages func(host int) []int) string {
	list, id := "", 1
	for h := range hosts {
		for i, age := range ages(h) {
			list += fmt.Sprintf("id=%d addr=%s%d:%d name=%s age=%d idle=%d flags=N db=0 sub=0 psub=0 cmd=get\n", id, prefix, h+1, 40000+i, name, age, age/3)
			id++
		}
	}
	return list
}

// signOf gives a sign's value.
func signOf(t *testing.T, id string, p ...paste) float64 {
	t.Helper()
	s := shots(p...)
	f, pair := snapshot.FactsOf(&s[len(s)-1]), (*snapshot.Pair)(nil)
	if len(s) > 1 {
		pair = snapshot.PairOf(snapshot.FactsOf(&s[0]), f)
	}
	names, at := snapshot.Vector(f, pair)
	i := slices.Index(names, id)
	if i < 0 {
		t.Fatalf("no sign %s", id)
	}
	return at[i]
}

// TestServiceSigns: what a person sees on a page of a service's hosts is in a sign.
func TestServiceSigns(t *testing.T) {
	together := fleetOf("10.1.0.", "web", 8, func(int) []int { return []int{5000, 5000, 5001, 5002} })
	regrown := fleetOf("10.1.0.", "web", 8, func(int) []int { return []int{5000, 900, 900, 901, 400, 400} })
	halves := fleetOf("10.1.0.", "web", 8, func(h int) []int { return []int{5000 - 4800*(h%2), 100, 110} })
	growth := fleetOf("10.1.0.", "web", 12, func(h int) []int { return []int{6000 - 500*h, 50} })
	nameless := fleetOf("10.1.0.", "", 8, func(h int) []int { return []int{5000 - 4800*(h%2), 100, 110} })
	masked := fleetOf("x.x.x.", "web", 8, func(int) []int { return []int{5000} })
	for _, test := range []struct {
		sign, list string
		least      float64 // of the ramp; NaN: not known
		most       float64
	}{
		{"regrown", together, 0, 0}, {"regrown", regrown, 0.9, 1},
		{"regrowths", together, 0, 0}, {"regrowths", regrown, 0.3, 1},
		{"overlap", together, 0, 0}, {"overlap", halves, 0.9, 1}, {"overlap", nameless, 0.9, 1},
		{"host_births", together, 0, 0}, {"host_births", growth, 0.9, 1},
		{"young_hosts", together, 0, 0}, {"young_hosts", growth, 0.45, 0.8},
		{"overlap", masked, math.NaN(), 0}, {"regrown", masked, math.NaN(), 0}, {"all_busy", masked, math.NaN(), 0},
	} {
		got := signOf(t, test.sign, paste{list: test.list})
		if math.IsNaN(test.least) != math.IsNaN(got) || got < test.least || got > test.most {
			t.Errorf("%s of\n%.120s...\nis %.2f, want %.2f to %.2f", test.sign, test.list, got, test.least, test.most)
		}
	}
	cut := paste{list: fleetOf("10.1.0.", "web", 4, func(int) []int { return []int{500, 500} })}
	back := paste{list: fleetOf("10.1.0.", "web", 4, func(int) []int { return []int{5, 6} })}
	for i := range 20 { // other ids
		back.list = fmt.Sprintf("id=%d addr=10.9.0.1:%d age=900 idle=1 flags=N cmd=get\n", 100+i, 100+i) + back.list
	}
	if got := signOf(t, "reborn", paste{list: "id=900 addr=10.1.0.1:1 age=50 idle=1 flags=N cmd=get\n" + cut.list}, back); got != 0 {
		t.Errorf("the same ids are not born: reborn %v", got)
	}
	if got := signOf(t, "reborn", paste{list: "id=900 addr=10.9.0.1:1 age=50 idle=1 flags=N cmd=get\n"}, paste{list: "id=901 addr=10.9.0.1:2 age=5 idle=1 flags=N cmd=get\n"}); got != 1 {
		t.Errorf("one for one of the same host: reborn %v", got)
	}
}

// TestFewRowsSayLittle: the shares of one connection, or of nine, are all or nothing,
// whatever the cause; no cause may be likely on them alone.
func TestFewRowsSayLittle(t *testing.T) {
	for _, n := range []int{1, 2, 4, 9} {
		for _, age := range []int{4, 700, 90000} {
			for _, idle := range []int{0, age} {
				list := ""
				for i := range n {
					list += fmt.Sprintf("id=%d addr=10.0.0.1:%d age=%d idle=%d flags=N db=0 sub=0 psub=0 cmd=get\n", i+1, 5000+i, age, idle)
				}
				f := factsOf(t, paste{list: list})
				c := snapshot.Candidates(f, nil)
				if most := 0.1 + 0.05*float64(n); c[0].Probability > most {
					t.Errorf("%d rows of age %d, idle %d: %s %.2f, want at most %.2f", n, age, idle, c[0].ID, c[0].Probability, most)
				}
				if s := snapshot.Status(c, f, nil); s != "undetermined" {
					t.Errorf("%d rows: %s", n, s)
				}
			}
		}
	}
}
