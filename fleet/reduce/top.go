package reduce

import "slices"

// A top keeps the first few of many things by an order.
type top[T any] struct {
	compare func(a, b *T) int
	have    []T
	n       int
}

func newTop[T any](compare func(a, b *T) int) top[T] { return top[T]{compare: compare} }

// add takes one more. What is held is cut back when it is twice as much as is kept.
func (t *top[T]) add(v T) {
	t.n++
	if t.have = append(t.have, v); len(t.have) >= 4*listed {
		t.cut()
	}
}

func (t *top[T]) cut() {
	slices.SortFunc(t.have, func(a, b T) int { return t.compare(&a, &b) })
	if len(t.have) > listed {
		clear(t.have[listed:])
		t.have = t.have[:listed]
	}
}

// sorted gives the first ones in order, and how many more there were.
func (t *top[T]) sorted() ([]T, int) {
	t.cut()
	return append([]T{}, t.have...), t.n - len(t.have)
}
