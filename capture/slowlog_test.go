package capture

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/record"
)

var (
	hashOf    = regexp.MustCompile(`, #[0-9a-f]{8}`)
	hashOfCut = regexp.MustCompile(`,#[0-9a-f]{8}`)
)

// A secret in every place a slow command can carry one reaches no record.
func TestSlowlogHidesArguments(t *testing.T) {
	const canary = "c4n4ry"
	s := testserver.Start(t, testserver.Config("slowlog-log-slower-than 0"))
	for _, args := range [][]string{
		{"SET", "key:" + canary, canary}, {"EVAL", "return '" + canary + "'", "0"},
		{"CONFIG", "SET", "masterauth", canary}, {"ACL", "SETUSER", "x", ">" + canary},
		{"AUTH", canary}, {"MSET", canary + strings.Repeat("x", 300), "1"}, {"SCRIPT", "EXISTS", canary},
		slices.Insert(strings.Fields(strings.Repeat(canary+" ", 80)), 0, "DEL"),
	} {
		s.Do(args...)
	}
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprintf("keep=%v", keep), func(t *testing.T) {
			r := recording(t, Options{Target: targetOf(s), KeepSlowlogArgs: keep})
			r.sees(record.KindSlowlog, "")
			stats, err := r.stop()
			if err != nil || stats.HiddenArgs == 0 {
				t.Errorf("%d arguments hidden, %v", stats.HiddenArgs, err)
			}
			byName := map[string][]string{}
			for _, k := range r.all() {
				for _, e := range k.slow {
					byName[strings.ToUpper(e.Args[0])+fmt.Sprint(len(e.Args))] = e.Args
					if !e.Six || !strings.Contains(e.Addr, "127.0.0.1:") {
						t.Errorf("entry %+v lacks the client", e)
					}
					if !keep && strings.Contains(strings.Join(e.Args, " "), canary) {
						t.Errorf("a secret stands in %q", e.Args)
					}
				}
			}
			want := map[string][]string{
				"SET3": {"SET", "(10 bytes)", "(6 bytes)"}, "EVAL3": {"EVAL", "(15 bytes)", "(1 bytes)"},
				"CONFIG4": {"CONFIG", "SET", "(10 bytes)", "(redacted)"}, "MSET3": {"MSET", "(306 bytes)", "(1 bytes)"},
				"SCRIPT3": {"SCRIPT", "EXISTS", "(6 bytes)"},
			}
			if keep {
				want["SET3"] = []string{"SET", "key:" + canary, canary}
				want["EVAL3"] = []string{"EVAL", "return '" + canary + "'", "0"}
				want["SCRIPT3"] = []string{"SCRIPT", "EXISTS", canary}
				delete(want, "MSET3")
			}
			for k, w := range want {
				if got := hashOf.ReplaceAllString(strings.Join(byName[k], " "), ""); got != strings.Join(w, " ") {
					t.Errorf("%s: %q, want %q", k, got, w)
				}
			}
			if !keep { // one canary in two commands is seen to be one, and a password has no hash
				if a, b := byName["SCRIPT3"][2], byName["SET3"][2]; a != b || !hashOf.MatchString(a) {
					t.Errorf("one argument is %q and %q", a, b)
				}
				if hashOf.MatchString(strings.Join(byName["CONFIG4"], " ")) {
					t.Errorf("%q", byName["CONFIG4"])
				}
			}
			if last := byName["DEL32"][31]; last != "... (50 more arguments)" {
				t.Errorf("the server's note on arguments left out became %q", last)
			}
		})
	}
}
