package cli

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"
)

// A durationFlag is a flag of a time: a span of no time means nothing, unless its usage says what.
type durationFlag struct {
	span *time.Duration
	zero bool // no time has a meaning of its own, which the usage tells
}

// Positive adds a flag of a time that is more than nothing. Its default may be none.
func Positive(f *pflag.FlagSet, span *time.Duration, name string, value time.Duration, usage string) {
	*span = value
	f.Var(durationFlag{span, false}, name, usage)
}

// NotNegative adds a flag of a time that may be 0, which its usage says the meaning of.
func NotNegative(f *pflag.FlagSet, span *time.Duration, name string, value time.Duration, usage string) {
	*span = value
	f.Var(durationFlag{span, true}, name, usage)
}

// Set implements pflag.Value.
func (d durationFlag) Set(s string) error {
	v, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return fmt.Errorf("%q is no duration; write it as 30s, 15m or 2h", s)
	case v < 0:
		return fmt.Errorf("%q is a negative duration; write it as 30s, 15m or 2h", s)
	case v == 0 && !d.zero:
		return fmt.Errorf("%q is no time at all; write it as 30s, 15m or 2h", s)
	}
	*d.span = v
	return nil
}

// String implements pflag.Value; a default of none is not shown.
func (d durationFlag) String() string {
	if d.span == nil || *d.span == 0 {
		return ""
	}
	return d.span.String()
}

// Type implements pflag.Value.
func (d durationFlag) Type() string { return "duration" }
