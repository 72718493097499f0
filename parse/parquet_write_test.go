package parse

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unicode/utf8"
)

// TestColumns writes columns of many kinds and reads them back.
func TestColumns(t *testing.T) {
	f, err := newTableFile()
	if err != nil {
		t.Fatal(err)
	}
	dec, err := newPageDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	rnd := rand.New(rand.NewPCG(1, 2))
	kinds := []func(i int) int64{
		func(int) int64 { return math.MinInt64 },
		func(i int) int64 { return int64(i) },
		func(i int) int64 { return int64(i % 2) },
		func(i int) int64 { return int64(rnd.IntN(3)) },
		func(i int) int64 { return int64(rnd.IntN(16)) },
		func(i int) int64 { return int64(rnd.IntN(300)) },
		func(i int) int64 { return rnd.Int64N(1 << 40) },
		func(i int) int64 { return rnd.Int64() - rnd.Int64() },
		func(i int) int64 { return []int64{math.MinInt64, math.MaxInt64, 0}[i%3] },
		func(i int) int64 { return int64(i)*1000 + rnd.Int64N(3) },
	}
	for _, rows := range []int{1, 2, 7, 8, 9, 127, 128, 129, 257, 1000, 70_000} {
		var order []int32
		for i := range rows {
			order = append(order, int32((i*7919+3)%rows))
		}
		if rows%7919 == 0 {
			order = nil
		}
		f.begin(rows)
		want := make([][]int64, len(kinds))
		for k, fn := range kinds {
			var s store[int64]
			for i := range rows {
				want[k] = append(want[k], fn(i))
				s.add(want[k][i])
			}
			f.numbers(fmt.Sprint("plain", k), &s, nil)
			f.numbers(fmt.Sprint("order", k), &s, order)
			f.delta(f.column(fmt.Sprint("delta", k), logicalTime), want[k], rows/3, rows/2)
			var texts store[string]
			for _, v := range want[k] {
				texts.add(fmt.Sprint(v))
			}
			f.texts(fmt.Sprint("texts", k), &texts, order)
		}
		r := &tableReader{zstd: dec, left: textsOf(0)}
		if err := r.open(f.finish("x"), int64(rows)); err != nil {
			t.Fatal(err)
		}
		for k := range kinds {
			var plain, ordered, delta numColumn
			var texts textColumn
			for _, err := range []error{r.nums(fmt.Sprint("plain", k), &plain), r.nums(fmt.Sprint("order", k), &ordered),
				r.nums(fmt.Sprint("delta", k), &delta), r.texts(fmt.Sprint("texts", k), &texts)} {
				if err != nil {
					t.Fatal(rows, k, err)
				}
			}
			for i, v := range want[k] {
				at := want[k][place(order, i)]
				if plain.at(i) != v || delta.at(i) != v || ordered.at(i) != at || texts.at(i) != fmt.Sprint(at) {
					t.Fatalf("%d rows of kind %d: row %d is %d, %d, %d, %s", rows, k, i, plain.at(i), delta.at(i), ordered.at(i), texts.at(i))
				}
			}
		}
	}
}

// TestRowsOfNothing: a table whose rows compress to next to nothing is not taken for one
// that lies about their number.
func TestRowsOfNothing(t *testing.T) {
	f, err := newTableFile()
	if err != nil {
		t.Fatal(err)
	}
	const rows = 1 << 20
	var s store[int64]
	for range rows {
		s.add(7)
	}
	for _, table := range []string{tableClients, tableSpells} {
		f.begin(rows)
		f.numbers("x", &s, nil)
		if n := int64(len(f.finish(table))); rows > fewRows+n/leastBytes(table) {
			t.Errorf("%d rows in %d bytes", rows, n)
		}
	}
}

func TestStoreSpills(t *testing.T) {
	var s store[int64]
	for range 2 { // once more after reset
		for i := range int64(maxDict + 100) {
			s.add(i / 2 * 3)
			s.add(i * 5)
		}
		for i := range maxDict + 100 {
			if s.at(2*i) != int64(i)/2*3 || s.at(2*i+1) != int64(i)*5 {
				t.Fatalf("row %d: %d, %d", i, s.at(2*i), s.at(2*i+1))
			}
		}
		s.reset()
		s.add(1)
		if s.n != 1 || s.at(0) != 1 {
			t.Fatal("reset")
		}
		s.reset()
	}
}

func TestEscapeText(t *testing.T) {
	for text, want := range map[string]string{"": "", "é%": "é%", "a\xffb": "\uFFFDa%FFb", "%\xc3": "\uFFFD%25%C3",
		"\uFFFD": "\uFFFD%EF%BF%BD", "\x00": "\x00"} {
		got := escapeText(text)
		if back, ok := unescapeText(got); got != want || back != text || !ok || !utf8.ValidString(got) {
			t.Errorf("%q: %q, back %q", text, got, back)
		}
	}
	if _, ok := unescapeText("\uFFFD%4"); ok {
		t.Error("half an escape was taken")
	}
}

func TestSplitAddr(t *testing.T) {
	for addr, want := range map[string]int64{"10.0.0.1:6379": 6379, "[::1]:0": 0, "/tmp/s:0": 0, "?:0": 0, "": -1, "a:": -1,
		"a:007": -1, "a:123456": -1, "a:-1": -1, "a:+1": -1, ":1": 1, "x": -1} {
		host, port := splitAddr(addr)
		if port != want || joinAddr(host, port) != addr {
			t.Errorf("%q: %q and %d", addr, host, port)
		}
	}
}
