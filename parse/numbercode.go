package parse

import (
	"math"
	"math/bits"
)

// A numberCoder codes the numbers of one reply after the other. Most of them are counters
// that move together, as all have to do with the same traffic: what one rises by is told
// from its own past and from those before it in the reply, and only the error is coded.
// How that is told is learnt from what was coded so far, by writer and reader alike.
type numberCoder struct {
	rc     *rangeCoder
	models []numberModel
	zero   [48]chance     // that the error is 0, by its usual size
	size   [48][64]chance // else its size, in steps fit for its usual one
	sign   [48]chance
	huge   [128]chance // bits of an error outside of that
	first  [128]chance // bits of a model's first value
	odd    [2]chance   // that a rise is no multiple of the usual step

	reply int     // number of the reply being coded
	risen []int32 // models whose number rose in it, in order
}

// Ways to tell a number.
const (
	tellStill   = iota // as it was
	tellMean           // it rises as it did in the mean
	tellTwin           // it rises as another did that rose alike last time
	tellLearned        // leastSquares
	tellWays
)

// A numberModel is what is known of one number.
type numberModel struct {
	n       int // values so far
	reply   int // with the last of them
	value   int64
	rise    int64           // the last
	mean    float64         // of the last rises
	begin   int64           // the first value
	fell    bool            // not always more
	error   float64         // of the last tellLearned
	usual   int64           // size of what was left to code, in 16ths
	costs   [tellWays]int32 // bits of each way's errors, in the mean, 256ths
	twin    int32           // model, -1 for none
	step    int             // rises so far are multiples of 1<<step
	busy    int32           // share of the last values that were new, 65536ths
	moves   chance          // that it rises though what stands before it did not
	learned *leastSquares   // nil while seldom new
}

// noTwin stands for a model's twin while there is none.
const noTwin = -1

// drivers are rises that explain others; see infoCoder.
type drivers [driverCount]float64

// ownCauses is how many causes of a rise are not drivers; see causes.
const ownCauses = 6

func newNumberCoder(rc *rangeCoder) *numberCoder {
	c := &numberCoder{rc: rc}
	evenChances(c.zero[:])
	evenChances(c.sign[:])
	evenChances(c.huge[:])
	evenChances(c.first[:])
	evenChances(c.odd[:])
	for i := range c.size {
		evenChances(c.size[i][:])
	}
	return c
}

// add gives the place of a new model.
func (c *numberCoder) add() int32 {
	c.models = append(c.models, numberModel{twin: noTwin, step: anyStep, moves: chance{evenChance, evenChance}})
	return int32(len(c.models) - 1)
}

// begin begins a reply.
func (c *numberCoder) begin() {
	c.reply++
	c.risen = c.risen[:0]
}

// note sets model i to rise by so much in this reply, without coding it.
func (c *numberCoder) note(i int32, rise int64) {
	m := &c.models[i]
	m.rise, m.reply = rise, c.reply
	if rise != 0 {
		c.risen = append(c.risen, i)
	}
}

// code codes the value v of model i, or gives what was coded. Before is the rise of the
// number before it.
func (c *numberCoder) code(i int32, v int64, d *drivers, before float64, alone bool) int64 {
	m := &c.models[i]
	m.reply = c.reply
	if m.n++; m.n == 1 {
		v = int64(c.gamma(&c.first, uint64(v)))
		m.value, m.begin = v, v
		return v
	}
	if alone && !c.rc.bit(&m.moves, v != m.value) {
		m.rise = 0
		return m.value
	}
	x := m.causes(d, before)
	told, learned := c.ways(m, &x)
	best := 0
	for w, cost := range m.costs {
		if cost < m.costs[best] && (w != tellTwin || m.twin != noTwin) {
			best = w
		}
	}
	rise := c.codeRise(m, told[best], v-m.value)
	c.learn(i, &told, learned, rise, &x)
	return m.value
}

// causes gives what a rise may follow from.
func (m *numberModel) causes(d *drivers, before float64) (x [unknowns]float64) {
	x[0], x[1], x[2], x[3], x[4] = 1, m.mean, float64(m.rise), m.error, before
	if m.fell {
		x[5] = float64(m.value - m.begin)
	}
	copy(x[ownCauses:], d[:])
	return x
}

// ways gives what each way tells of the rise.
func (c *numberCoder) ways(m *numberModel, x *[unknowns]float64) (told [tellWays]int64, learned float64) {
	told[tellMean] = rounded(m.mean)
	if m.twin != noTwin && c.models[m.twin].reply == c.reply {
		told[tellTwin] = c.models[m.twin].rise
	}
	learned = m.mean
	if m.learned != nil {
		if y, ok := m.learned.tell(x); ok && y > -1e17 && y < 1e17 {
			learned = y
		}
	}
	told[tellLearned] = rounded(learned)
	return told, learned
}

func rounded(f float64) int64 {
	if !(f > -1e17 && f < 1e17) {
		return 0
	}
	return int64(math.Floor(f + .5))
}

// codeRise codes a rise of which told is expected.
func (c *numberCoder) codeRise(m *numberModel, told, rise int64) int64 {
	step := 0
	if m.step > 0 && m.step < anyStep {
		if !c.rc.bit(&c.odd[0], rise&(1<<m.step-1) != 0) {
			step = m.step
		}
	}
	told = (told + (1<<step)/2) >> step
	left := rise>>step - told
	// The usual size, in quarters of octaves, chooses the chances; all but its highest bits
	// are coded as they are.
	u := uint64(m.usual)>>step + 2
	b := bits.Len64(u)
	shift := max(0, b-9)
	scale := min(4*(b-shift)+int(u<<2>>(b-1)&3), len(c.zero)-1)
	left = c.codeError(scale, shift, left)
	size := min(uint64(max(left, -left)), 1<<40>>step) << step
	m.usual += (int64(size)*16 - m.usual) / int64(min(m.n, 24))
	return (told + left) << step
}

// anyStep is the step of a number that never rose.
const anyStep = 40

func (c *numberCoder) codeError(scale, shift int, left int64) int64 {
	size := uint64(left)
	if left < 0 {
		size = -size
	}
	if shift == 0 && !c.rc.bit(&c.zero[scale], size != 0) {
		return 0
	}
	high := c.rc.tree(c.size[scale][:], min(size>>shift, 63))
	if high == 63 {
		high += c.gamma(&c.huge, size>>shift-63)
	}
	size = high<<shift | c.rc.bits(size, shift)
	if size != 0 && c.rc.bit(&c.sign[scale], left < 0) {
		return -int64(size)
	}
	return int64(size)
}

// gamma codes a number by how many bits it has, and then those.
func (c *numberCoder) gamma(p *[128]chance, v uint64) uint64 {
	n := c.rc.tree(p[:], uint64(bits.Len64(v)))
	if n <= 1 {
		return n
	}
	n = min(n, 64) // as only a damaged stream exceeds it
	return 1<<(n-1) | c.rc.bits(v, int(n-1))
}

// learn takes in that the number rose.
func (c *numberCoder) learn(i int32, told *[tellWays]int64, learned float64, rise int64, x *[unknowns]float64) {
	m := &c.models[i]
	for w := range m.costs {
		m.costs[w] += (roughBits(told[w]-rise) - m.costs[w]) / 16
	}
	twinFailed := m.twin == noTwin || told[tellTwin] != rise
	m.value += rise
	m.rise = rise
	if rise != 0 {
		m.step = min(m.step, bits.TrailingZeros64(uint64(rise)))
		m.busy += (1<<16 - m.busy) / 16
		if twinFailed {
			c.findTwin(m, rise)
		}
		c.risen = append(c.risen, i)
	} else {
		m.busy -= m.busy / 16
	}
	if m.learned == nil && m.busy > 1<<15 {
		m.learned = new(leastSquares)
	}
	if m.learned != nil {
		m.error = float64(rise) - learned
		usual := float64(m.usual)/16 + .5
		e := m.error / usual
		m.learned.learn(x, float64(rise), 1/(1+float64(e*e)/32))
	}
	m.mean += (float64(rise) - m.mean) / float64(min(m.n-1, 16))
	m.fell = m.fell || rise < 0
}

// findTwin looks for a number that rose alike in this reply, the last such.
func (c *numberCoder) findTwin(m *numberModel, rise int64) {
	for k := len(c.risen) - 1; k >= max(0, len(c.risen)-twinsAsked); k-- {
		if i := c.risen[k]; c.models[i].rise == rise {
			m.twin = i
			return
		}
	}
}

const twinsAsked = 256

// roughBits is about how many bits an error takes, in 256ths.
func roughBits(e int64) int32 {
	u := uint64(max(e, -e)) + 1
	b := bits.Len64(u)
	return int32(b<<8 | int(u<<(64-b)<<1>>56))
}
