package export

import (
	"bytes"

	"github.com/connbox/connbox/parse/record"
)

// infoChanges tells the values of INFO, one reply after the other, that are not as in the
// reply before. The zero value is ready.
type infoChanges struct {
	replies int
	index   map[string]int
	known   []knownValue
	name    []byte
}

type knownValue struct {
	reply int // with it, last
	value []byte
}

// each calls fn for each value of a reply that is new. A value made of parts, as
// calls=12,usec=34, is told part by part: field is the word before the sign, else empty.
// Where a key stands twice, the first counts. The slices belong to the Info.
func (c *infoChanges) each(info *record.Info, fn func(key, field, value []byte)) {
	if c.index == nil {
		c.index = map[string]int{}
	}
	c.replies++
	info.Each(func(_, key, value []byte) {
		eachPart(value, func(field, part []byte) {
			c.name = append(append(append(c.name[:0], key...), 0), field...)
			i, ok := c.index[string(c.name)]
			if !ok {
				i = len(c.known)
				c.index[string(c.name)] = i
				c.known = append(c.known, knownValue{})
			}
			k := &c.known[i]
			if k.reply != c.replies && (k.reply == 0 || !bytes.Equal(k.value, part)) {
				k.value = append(k.value[:0], part...)
				fn(key, field, part)
			}
			k.reply = c.replies
		})
	})
}

// eachPart calls fn for the parts of a value, or for all of it where it has none.
func eachPart(value []byte, fn func(field, part []byte)) {
	for rest := value; ; {
		part, more, found := bytes.Cut(rest, []byte{','})
		if bytes.IndexByte(part, '=') <= 0 {
			fn(nil, value)
			return
		}
		if rest = more; !found {
			break
		}
	}
	for rest := value; len(rest) > 0; {
		var part []byte
		part, rest, _ = bytes.Cut(rest, []byte{','})
		field, v, _ := bytes.Cut(part, []byte{'='})
		fn(field, v)
	}
}
