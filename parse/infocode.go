package parse

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// An infoCoder codes the numbers of INFO replies, one reply after the other.
type infoCoder struct {
	numbers *numberCoder
	index   map[seriesKey]int32 // model of a number
	order   []int               // of the slots
	at      int64               // of the reply before
	begun   bool
	sum     uint64 // of the values so far
	since   int    // replies since the last check
}

// checkEvery is how many replies stand between two checks of what was coded: numbers are told
// by floating point, and a machine that reckons otherwise has to find out, as what it
// reads looks like numbers all the same. It costs two bytes each time.
const checkEvery = 128

// maxInfoNumbers bounds the numbers of a reply that are coded; what goes beyond is text.
const maxInfoNumbers = 16 << 10

// maxInfoKeys bounds the keys of a reply whose values are parted from them; servers print
// some hundreds. Lines behind them are kept whole.
const maxInfoKeys = 8 << 10

// eachInfoValue is record.EachInfoLine up to maxInfoKeys.
func eachInfoValue(text []byte, fn func(key, value record.Span)) {
	n := 0
	record.EachInfoLine(text, func(_ []byte, key, value record.Span) {
		if n++; n <= maxInfoKeys {
			fn(key, value)
		}
	})
}

// bytesPerModel is about what a model takes, if the half of them learn.
const bytesPerModel = 800

// infoNumbers are the numbers of one value of INFO.
type infoNumbers struct {
	name   string // of its series
	values []int64
	models []int32
}

// Models of what no reply has, but numbers in it follow: the time of the sample, and the
// sums over all commands of how often and how long they ran.
const (
	modelTime = iota
	modelCalls
	modelUsec
	ownModels
)

const commandPrefix = "cmdstat_"

// Places of drivers that no key has: sums over all commands so far, and time.
const (
	driveCalls = iota
	driveUsec
	driveTime
	driveKeys   // from here on infoDrivers
	driverCount = driveKeys + len(infoDrivers)
)

// infoDrivers are keys whose rise explains others' behind them.
var infoDrivers = [...]string{"connected_clients", "blocked_clients", "used_memory", "used_memory_rss", "allocator_allocated",
	"total_net_input_bytes", "total_net_output_bytes", "eventloop_cycles",
	"used_cpu_sys", "used_cpu_user"}

func newInfoCoder(rc *rangeCoder) *infoCoder {
	c := &infoCoder{numbers: newNumberCoder(rc), index: map[seriesKey]int32{}}
	for range ownModels {
		c.numbers.add()
	}
	return c
}

// prepare takes in the keys of the replies to come. Commands come first, as what they sum up
// to explains most of the rest.
func (c *infoCoder) prepare(slots []infoNumbers) {
	c.order = c.order[:0]
	for _, commands := range []bool{true, false} {
		for i := range slots {
			if strings.HasPrefix(slots[i].name, commandPrefix) == commands {
				c.order = append(c.order, i)
			}
		}
	}
}

// code codes the values of a reply, or puts in their place what was coded. At is the
// sample's time, or atUnknown. It reports false where a check fails: then some values since
// the one before are not those that were written.
func (c *infoCoder) code(at int64, slots []infoNumbers) bool {
	var d drivers
	n := c.numbers
	n.begin()
	if at == atUnknown {
		at = c.at
	}
	if c.begun {
		n.note(modelTime, at-c.at)
		d[driveTime] = float64(at - c.at)
	}
	c.at, c.begun = at, true
	var calls, usec int64
	summed := false
	before := 0.
	for _, i := range c.order {
		s := &slots[i]
		command := strings.HasPrefix(s.name, commandPrefix)
		if !command && !summed {
			n.note(modelCalls, calls)
			n.note(modelUsec, usec)
			summed = true
		}
		for part := range s.values {
			if part == len(s.models) {
				s.models = append(s.models, c.model(s.name, part))
			}
			m := s.models[part]
			s.values[part] = n.code(m, s.values[part], &d, before, part > 0 && n.models[s.models[0]].rise == 0)
			c.sum = bits.RotateLeft64(c.sum^uint64(s.values[part]), 29) * sumFactor
			rise := n.models[m].rise
			before = float64(rise)
			switch {
			case command && part == 0:
				calls += rise
				d[driveCalls] = float64(calls)
			case command && part == 1:
				usec += rise
				d[driveUsec] = float64(usec)
			}
		}
		if k := slices.Index(infoDrivers[:], s.name); k >= 0 && len(s.values) == 1 {
			d[driveKeys+k] = before
		}
	}
	if c.since++; c.since < checkEvery {
		return true
	}
	return c.check()
}

// sumFactor is odd and else arbitrary: it spreads the low bits.
const sumFactor = 0x9e3779b97f4a7c15

// check codes the highest bits of the sum; it reports false where others were coded.
func (c *infoCoder) check() bool {
	c.since = 0
	want := c.sum >> 48
	return c.numbers.rc.bits(want, 16) == want
}

// end ends the stream. It reports false where that is not what was written: the last check
// fails, or bytes are left.
func (c *infoCoder) end() bool {
	rc := c.numbers.rc
	return (c.since == 0 || c.check()) && (!rc.reading || rc.ended())
}

// model gives the model of a number, a new one if need be.
func (c *infoCoder) model(name string, part int) int32 {
	k := seriesKey{record.KindInfo, int32(part), name}
	i, ok := c.index[k]
	if !ok {
		i = c.numbers.add()
		c.index[k] = i
	}
	return i
}
