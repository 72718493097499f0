package parse

// A rangeCoder is a binary arithmetic coder whose probabilities adapt to what it codes. The
// same calls write and read: what a writer is told to code, a reader is told by the bytes,
// so that a model in front of it cannot go astray between the two.
// Source: G. Martin, Range encoding, 1979, as in the LZMA specification, with carries put
// right in what is written already.
type rangeCoder struct {
	reading bool
	width   uint32
	low     uint32 // of a writer: where the interval begins
	code    uint32 // of a reader: where in the interval the text lies
	bytes   []byte // written so far, or to be read
	at      int    // of a reader: the next byte
}

// A chance is the probability that a bit is 0, in 65536ths, as the mean of two estimates:
// one follows quickly, one is exact in the long run.
type chance struct{ quick, slow uint16 }

const (
	evenChance  = 1 << 15
	quickShift  = 4
	slowShift   = 7
	leastChance = 24 // 65536ths; nothing is impossible
)

func newRangeWriter() *rangeCoder { return &rangeCoder{width: 1<<32 - 1} }

func newRangeReader(b []byte) *rangeCoder {
	c := &rangeCoder{reading: true, width: 1<<32 - 1, bytes: b}
	for range 4 {
		c.code = c.code<<8 | c.next()
	}
	return c
}

// next gives the next byte; zeros follow the last, see overrun.
func (c *rangeCoder) next() uint32 {
	c.at++
	if c.at > len(c.bytes) {
		return 0
	}
	return uint32(c.bytes[c.at-1])
}

// overrun tells that more was read than was ever written.
func (c *rangeCoder) overrun() bool { return c.at > len(c.bytes) }

// ended tells that all bytes were read, and that they end where finish ended them.
func (c *rangeCoder) ended() bool { return c.at == len(c.bytes) && c.code == 0 }

// finish gives all that was written.
func (c *rangeCoder) finish() []byte {
	return append(c.bytes, byte(c.low>>24), byte(c.low>>16), byte(c.low>>8), byte(c.low))
}

// bit codes b, or gives what was coded.
func (c *rangeCoder) bit(p *chance, b bool) bool {
	zero := (uint32(p.quick) + uint32(p.slow)) / 2
	zero = min(max(zero, leastChance), 1<<16-leastChance)
	b = c.split(c.width>>16*zero, b)
	if b {
		p.quick -= p.quick >> quickShift
		p.slow -= p.slow >> slowShift
	} else {
		p.quick += (1<<16 - 1 - p.quick) >> quickShift
		p.slow += (1<<16 - 1 - p.slow) >> slowShift
	}
	return b
}

// split codes b: 0 is the lower part of the interval.
func (c *rangeCoder) split(bound uint32, b bool) bool {
	if c.reading {
		b = c.code >= bound
	}
	if !b {
		c.width = bound
	} else {
		c.width -= bound
		c.code -= bound
		if c.low += bound; c.low < bound && !c.reading {
			c.carry()
		}
	}
	for c.width < 1<<24 {
		c.width <<= 8
		if c.reading {
			c.code = c.code<<8 | c.next()
		} else {
			c.bytes = append(c.bytes, byte(c.low>>24))
			c.low <<= 8
		}
	}
	return b
}

func (c *rangeCoder) carry() {
	i := len(c.bytes) - 1
	for ; c.bytes[i] == 0xff; i-- {
		c.bytes[i] = 0
	}
	c.bytes[i]++
}

// bits codes the n lowest bits of v, of which nothing is known.
func (c *rangeCoder) bits(v uint64, n int) uint64 {
	var got uint64
	for n--; n >= 0; n-- {
		got <<= 1
		if c.split(c.width>>1, v>>n&1 == 1) {
			got |= 1
		}
	}
	return got
}

// tree codes a number below the number of chances, a power of two, highest bit first.
func (c *rangeCoder) tree(p []chance, v uint64) uint64 {
	node := uint64(1)
	for n := len(p) >> 1; n > 0; n >>= 1 {
		b := c.bit(&p[node], v&uint64(n) != 0)
		node <<= 1
		if b {
			node |= 1
		}
	}
	return node - uint64(len(p))
}

func evenChances(p []chance) {
	for i := range p {
		p[i] = chance{evenChance, evenChance}
	}
}
