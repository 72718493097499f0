package parse

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// TestRangeCoder: what was written is read, and takes about what its chances say.
func TestRangeCoder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var bitsIn []bool
	var numbers []uint64
	for range 20_000 {
		bitsIn = append(bitsIn, rnd.IntN(100) == 0)
		numbers = append(numbers, rnd.Uint64()>>rnd.IntN(64))
	}
	run := func(c *rangeCoder) (gotBits []bool, got []uint64) {
		p, tree := chance{evenChance, evenChance}, make([]chance, 16)
		evenChances(tree)
		for i, b := range bitsIn {
			if c.reading {
				b = false
			}
			gotBits = append(gotBits, c.bit(&p, b))
			if i%100 == 0 {
				v := numbers[i]
				if c.reading {
					v = 0
				}
				got = append(got, c.tree(tree, v&15), c.bits(v, 64))
			}
		}
		return gotBits, got
	}
	w := newRangeWriter()
	wantBits, want := run(w)
	coded := w.finish()
	r := newRangeReader(coded)
	gotBits, got := run(r)
	if !slices.Equal(gotBits, wantBits) || !slices.Equal(got, want) || !slices.Equal(gotBits, bitsIn) {
		t.Error("what is read is not what was written")
	}
	if r.overrun() {
		t.Error("more was read than was written")
	}
	entropy := 20_000*0.0808/8 + 200*68./8
	if n := float64(len(coded)); n > entropy*1.04 {
		t.Errorf("%.0f bytes for %.0f", n, entropy)
	}
}

// TestLeastSquaresLearns: a number that is a sum of causes is told, the noise apart.
func TestLeastSquaresLearns(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	l := new(leastSquares)
	worst := 0.
	for n := range 400 {
		var x [unknowns]float64
		x[0] = 1
		for i := 1; i < 6; i++ {
			x[i] = 1e6 * float64(i) * (1 + .01*rnd.NormFloat64())
		}
		y := 17 + .25*x[1] - 3*x[4]
		if told, ok := l.tell(&x); ok && n > 100 {
			worst = max(worst, math.Abs(told-y))
		} else if n >= solveFrom && !ok {
			t.Fatal("nothing is told")
		}
		l.learn(&x, y, 1)
	}
	if !(worst < 100) { // of some ten million
		t.Errorf("told wrong by up to %g", worst)
	}
}

// codeNumbers codes replies of two values, of three numbers each; a nil reply is read.
func codeNumbers(rc *rangeCoder, times []int64, replies [][6]int64) (got [][6]int64, ok bool) {
	return codeBy(newInfoCoder(rc), times, replies, func(int) {})
}

// codeBy is codeNumbers by a coder that before may change in front of each reply.
func codeBy(c *infoCoder, times []int64, replies [][6]int64, before func(i int)) (got [][6]int64, ok bool) {
	slots := []infoNumbers{{name: "cmdstat_get", values: make([]int64, 3)}, {name: "used_memory", values: make([]int64, 3)}}
	c.prepare(slots)
	ok = true
	for i, at := range times {
		if replies != nil {
			copy(slots[0].values, replies[i][:3])
			copy(slots[1].values, replies[i][3:])
		}
		before(i)
		ok = c.code(at, slots) && ok
		got = append(got, [6]int64(slices.Concat(slots[0].values, slots[1].values)))
	}
	return got, c.end() && ok
}

// TestInfoCheck: a reader whose arithmetic goes another way once, by ever so little, finds
// out at the next check if that changes a value.
func TestInfoCheck(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	var times []int64
	var replies [][6]int64
	var r [6]int64
	for i := range 3*checkEvery - 30 {
		for k := range r {
			r[k] += 1000*int64(k) + rnd.Int64N(200)
		}
		times, replies = append(times, int64(i)*1e6), append(replies, r)
	}
	w := newRangeWriter()
	codeNumbers(w, times, replies)
	coded := w.finish()
	if got, ok := codeNumbers(newRangeReader(coded), times, nil); !ok || !slices.Equal(got, replies) {
		t.Fatal("not read")
	}
	for _, at := range []int{1, 40, checkEvery - 1, checkEvery, 200, 3*checkEvery - 31} {
		for model := int32(ownModels); model < ownModels+6; model++ {
			c := newInfoCoder(newRangeReader(coded))
			got, ok := codeBy(c, times, nil, func(i int) {
				if i == at {
					c.numbers.models[model].mean++
					if l := c.numbers.models[model].learned; l != nil {
						l.weights[0]++
					}
				}
			})
			if ok && !slices.Equal(got, replies) {
				t.Errorf("reply %d, number %d: other numbers, and the checks hold", at, model)
			}
		}
	}
	for _, bad := range [][]byte{append(bytes.Clone(coded), 0), coded[:len(coded)-1], append(bytes.Clone(coded[:len(coded)-1]), coded[len(coded)-1]+1)} {
		if _, ok := codeNumbers(newRangeReader(bad), times, nil); ok {
			t.Errorf("%d bytes of %d pass for the stream", len(bad), len(coded))
		}
	}
}

// TestInfoCheckFails: the bundle's reader says where.
func TestInfoCheckFails(t *testing.T) {
	var recs []record.Record
	for i := range 300 {
		recs = append(recs, &record.Info{Head: record.Head{At: time.Unix(1_784_000_000+int64(i), 0).UTC()}, Text: fmt.Appendf(nil, "a:%d\r\nb:%d\r\n", i*i, i%7)})
	}
	u := unpackBundle(t, bundleBytes(t, recs))
	name := "00001-info"
	long := append(bytes.Clone(u.data[name]), 0)
	n, err := scanAll(t, u.with(name, long, true).pack(t), recs)
	var in *record.InputError
	if n != 299 || !errors.As(err, &in) || in.Pos.Sample != 300 || !strings.Contains(err.Error(), "check") {
		t.Errorf("a byte too many: %d records, %v", n, err)
	}
	bad := bytes.Clone(u.data[name])
	bad[len(bad)/2] ^= 1
	if n, err = scanAll(t, u.with(name, bad, true).pack(t), nil); n >= 299 || !errors.As(err, &in) || in.Pos.Sample != int64(n)+1 {
		t.Errorf("a bit in the middle: %d records, %v", n, err)
	}
}

// FuzzNumbers codes any numbers and reads them back, and reads any bytes as if they were coded.
func FuzzNumbers(f *testing.F) {
	seed := func(at func(i int) int64) {
		var b []byte
		for i := range 7 * 40 {
			b = binary.LittleEndian.AppendUint64(b, uint64(at(i)))
		}
		f.Add(b)
	}
	seed(func(i int) int64 { return int64(i) * 1000 })
	seed(func(i int) int64 { return int64(i) * 4096 % 999_999 })
	seed(func(i int) int64 { return math.MaxInt64 - int64(i%3) })
	seed(func(i int) int64 { return int64(i%2) << 62 })
	f.Fuzz(func(t *testing.T, data []byte) {
		var times []int64
		var replies [][6]int64
		for b := data; len(b) >= 56 && len(times) < 500; b = b[56:] {
			var r [6]int64
			for k := range r {
				r[k] = int64(binary.LittleEndian.Uint64(b[8*k:]) >> 1)
			}
			times, replies = append(times, int64(binary.LittleEndian.Uint64(b[48:]))), append(replies, r)
		}
		w := newRangeWriter()
		codeNumbers(w, times, replies)
		coded := w.finish()
		r := newRangeReader(coded)
		if got, ok := codeNumbers(r, times, nil); !ok || !slices.Equal(got, replies) || r.overrun() {
			t.Fatalf("%v come back as %v", replies, got)
		}
		codeNumbers(newRangeReader(data), times, nil) // no panic
	})
}

// TestInfoCoderFinds: numbers that follow from others take next to nothing.
func TestInfoCoderFinds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	var recs []record.Record
	var get, set, in, sys int64 = 1e9, 2e8, 7e11, 5e8
	for i := range 600 {
		g, s := 2000+rnd.Int64N(200), 400+rnd.Int64N(40)
		get, set, in, sys = get+g, set+s, in+100*(g+s), sys+20_000+rnd.Int64N(64)
		recs = append(recs, &record.Info{Head: record.Head{At: time.Unix(1_784_000_000+int64(i), 0).UTC()}, Text: fmt.Appendf(nil,
			"total_commands_processed:%d\r\ntotal_net_input_bytes:%d\r\nused_cpu_sys:%s\r\nused_cpu_sys_main_thread:%s\r\ncmdstat_get:calls=%d\r\ncmdstat_set:calls=%d\r\n",
			get+set, in, appendDecimal(nil, sys, 6), appendDecimal(nil, sys-211, 6), get, set)})
	}
	whole := bundleBytes(t, recs)
	if n, err := scanAll(t, whole, recs); n != len(recs) || err != nil {
		t.Fatal(n, err)
	}
	for _, m := range unpackBundle(t, whole).man.Segments[0].Members {
		// Three numbers are random: 200, 40 and 64 values, 19 bits. The others follow, once learnt.
		if per := 8 * float64(m.Bytes) / float64(len(recs)); m.Table == tableInfo && per > 28 {
			t.Errorf("%.1f bits a sample", per)
		}
	}
}

// TestInfoManyKeys: lines and numbers beyond what is parted are kept whole.
func TestInfoManyKeys(t *testing.T) {
	var lines, numbers strings.Builder
	for i := range maxInfoKeys + 10 {
		fmt.Fprintf(&lines, "k%d:{%d}\r\n", i, i)
	}
	for i := range maxInfoNumbers + 10 {
		fmt.Fprintf(&numbers, "%d,{", i)
	}
	recs := []record.Record{infoOf(lines.String()), infoOf("a:"+numbers.String(), "b:1"), infoOf("a:1", "b:"+numbers.String()), infoOf("a:"+numbers.String(), "b:1")}
	if n, err := scanAll(t, inMemory(t, recs), recs); n != len(recs) || err != nil {
		t.Fatal(n, err)
	}
}

// TestInfoChanges: a row where a value is new, part by part.
func TestInfoChanges(t *testing.T) {
	var c reply.InfoChanges
	var got bytes.Buffer
	for _, text := range []string{"a:1\r\nb:x=1,y=2\r\na:9\r\n", "a:1\r\nb:x=1,y=3\r\n", "b:x=1,,\r\nc:\r\n", "a:2\r\nc:\r\nb:x=1,y=3\r\n"} {
		c.Each(&record.Info{Text: []byte(text)}, func(key, field, value []byte) { fmt.Fprintf(&got, "%s.%s=%s ", key, field, value) })
		got.WriteByte('|')
	}
	if want := "a.=1 b.x=1 b.y=2 |b.y=3 |b.=x=1,, c.= |a.=2 |"; got.String() != want {
		t.Errorf("%s, want %s", &got, want)
	}
}
