package finding

import "time"

// A Growth says by which shape the connections of a cause's worst source grew. Its Shape is
// empty where nothing could be fitted.
type Growth struct {
	Subject      string  // whose connections
	Shape        string  // the likeliest
	Weight       float64 // how likely, of all shapes
	Runner       string  // the second likeliest
	RunnerWeight float64
	Params       []GrowthParam // of the likeliest, the most telling first
	At           []time.Time
	Count        []float64 // connections measured; NaN: not known
	Curve        []float64 // of the likeliest at these times, and its 90 % interval
	Lo, Hi       []float64
	AtLimit      bool // the limit ended the growth after the last of these times, and hides how it went on
}

// A GrowthParam is a parameter of a shape, with its 90 % interval.
type GrowthParam struct {
	Name, Unit    string
	Value, Lo, Hi float64
}
