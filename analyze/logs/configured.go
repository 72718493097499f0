package logs

import (
	"fmt"
	"strconv"
	"strings"
)

// A bufferLimit is what client-output-buffer-limit sets for a class.
type bufferLimit struct {
	hard, soft int64 // bytes; 0 = none
	softFor    int64 // seconds
}

// Configure takes a value of client-output-buffer-limit, as CONFIG GET gives it or as a line of
// redis.conf has it: class, hard limit, soft limit and seconds, once or more. What is no such value is
// passed over.
func (r *Reading) Configure(value string) {
	f := strings.Fields(strings.ToLower(value))
	for ; len(f) >= 4; f = f[4:] {
		name := f[0]
		if name == "slave" {
			name = "replica"
		}
		hard, ok1 := size(f[1])
		soft, ok2 := size(f[2])
		seconds, err := strconv.ParseInt(f[3], 10, 32)
		if !ok1 || !ok2 || err != nil || name != "normal" && name != "replica" && name != "pubsub" {
			return
		}
		if r.set == nil {
			r.set = map[string]bufferLimit{}
		}
		r.set[name] = bufferLimit{hard, soft, seconds}
	}
}

// units are those of redis.conf. Source: util.c memtoull.
var units = [...]struct {
	name  string
	bytes int64
}{{"kb", 1 << 10}, {"mb", 1 << 20}, {"gb", 1 << 30}, {"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {"b", 1}, {"", 1}}

func size(s string) (int64, bool) {
	for _, u := range units {
		if digits, ok := strings.CutSuffix(s, u.name); ok {
			n, err := strconv.ParseInt(digits, 10, 40)
			return n * u.bytes, err == nil && n >= 0
		}
	}
	return 0, false
}

// limitOf tells which limit of a class n is over, in words: the configured one where the input has it.
func (r *Reading) limitOf(cl *class, n int64) string {
	set, ok := r.set[cl.name]
	switch {
	case !ok:
		return cl.limit(n)
	case set.hard > 0 && n >= set.hard:
		return fmt.Sprintf("the hard limit of class %s, %s as configured", cl.name, mega(set.hard))
	case set.soft > 0 && n >= set.soft:
		return fmt.Sprintf("over the soft limit of class %s, %s for %d s as configured", cl.name, mega(set.soft), set.softFor)
	}
	return fmt.Sprintf("under the limit of class %s that the input has, which was another then", cl.name)
}
