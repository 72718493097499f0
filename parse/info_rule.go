package parse

import (
	"bytes"
	"strconv"
	"strings"
)

// Some values of INFO follow from others of the same reply: they change with nearly every
// sample and say nothing new. The bundle leaves their digits out wherever the rule gives
// them exactly; otherwise they are kept like any other.

// An infoRule makes a value out of one or two whole numbers of the reply.
type infoRule struct {
	shape string // what stands for the value in the bundle; "" for no rule
	from  [2]int // places of the others among the reply's keys
}

// Shapes of values that follow from others; see joinNumbers for the rest of the notation.
const (
	shapeHuman      = "{h}" // the number of the key without _human, as bytesToHuman writes it
	shapeDifference = "{d}" // one of infoDifferences
	perCallMark     = 'q'   // {q}: the second number before it by the first, as usec_per_call
)

// infoDifferences has the keys whose value is one other less another.
// Source: genRedisInfoString in Redis' server.c, zmalloc_get_allocator_info.
var infoDifferences = map[string][2]string{
	"used_memory_dataset":     {"used_memory", "used_memory_overhead"},
	"allocator_frag_bytes":    {"allocator_active", "allocator_allocated"},
	"allocator_rss_bytes":     {"allocator_resident", "allocator_active"},
	"rss_overhead_bytes":      {"used_memory_rss", "allocator_resident"},
	"mem_fragmentation_bytes": {"used_memory_rss", "used_memory"},
}

// infoRules gives the rule of each of a reply's keys, by their series' names.
func infoRules(names []string) []infoRule {
	place := make(map[string]int, len(names))
	for i, n := range names {
		place[n] = i
	}
	rules := make([]infoRule, len(names))
	for i, n := range names {
		if base, ok := strings.CutSuffix(n, "_human"); ok {
			if from, ok := place[base]; ok {
				rules[i] = infoRule{shapeHuman, [2]int{from, from}}
			}
		} else if d, ok := infoDifferences[n]; ok {
			a, okA := place[d[0]]
			b, okB := place[d[1]]
			if okA && okB {
				rules[i] = infoRule{shapeDifference, [2]int{a, b}}
			}
		}
	}
	return rules
}

// append writes the value that the rule gives; whole gives the number at a place.
func (r *infoRule) append(dst []byte, whole func(place int) (int64, bool)) ([]byte, bool) {
	a, ok := whole(r.from[0])
	if !ok {
		return dst, false
	}
	if r.shape == shapeHuman {
		return appendHuman(dst, a), true
	}
	b, ok := whole(r.from[1])
	return strconv.AppendInt(dst, a-b, 10), ok
}

// appendHuman is bytesToHuman of Redis' server.c.
func appendHuman(dst []byte, n int64) []byte {
	const units = "KMGTP"
	if n < 1<<10 || n >= 1<<60 {
		return append(strconv.AppendInt(dst, n, 10), 'B')
	}
	k, f := 0, float64(n)/(1<<10)
	for ; n >= 1<<20; n >>= 10 {
		f /= 1 << 10
		k++
	}
	return append(strconv.AppendFloat(dst, f, 'f', 2, 64), units[k])
}

// wholeNumber reads a value that is nothing but a number which can be put back exactly.
func wholeNumber(v []byte) (n int64, scale byte, ok bool) {
	var shape [8]byte
	var nums [2]int64
	var scales [2]byte
	if len(v) > 20 {
		return 0, 0, false
	}
	s, ns, sc := cutNumbers(shape[:0], nums[:0], scales[:0], v)
	if len(ns) != 1 || len(s) != 3 {
		return 0, 0, false
	}
	return ns[0], sc[0], true
}

// perCallShape begins the value of a command's statistics.
const perCallShape = "calls={0},usec={0},usec_per_call={2}"

// cutQuotient takes usec_per_call out of a command's numbers where it is what the server
// reckons from the two before it: float arithmetic, two decimals.
func cutQuotient(shape []byte, nums []int64) ([]byte, []int64) {
	if len(nums) < 3 || !bytes.HasPrefix(shape, []byte(perCallShape)) {
		return shape, nums
	}
	var a, b [32]byte
	if !bytes.Equal(appendPerCall(a[:0], nums[1], nums[0]), appendDecimal(b[:0], nums[2], 2)) {
		return shape, nums
	}
	shape[len(perCallShape)-2] = perCallMark
	return shape, append(nums[:2], nums[3:]...)
}

// appendPerCall writes usec_per_call as genRedisInfoString in Redis' server.c does.
func appendPerCall(dst []byte, usec, calls int64) []byte {
	q := float32(0)
	if calls != 0 {
		q = float32(usec) / float32(calls)
	}
	return strconv.AppendFloat(dst, float64(q), 'f', 2, 64)
}
