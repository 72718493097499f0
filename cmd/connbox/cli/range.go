package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/record"
)

// A timeRange is --from and --to, and what else bounds the reading.
type timeRange struct {
	from, to string
	since    time.Duration // of the recording's end
	unpacked SizeFlag
	Unhashed bool          // the command has no use for the hash of the whole input
	Kinds    []record.Kind // that the command has use for; none stands for all
}

// Add adds the flags to a command.
func (r *timeRange) Add(f *pflag.FlagSet) {
	f.StringVar(&r.from, "from", "", "leave out what is before `TIME`: 2026-11-20T03:00:00Z, 2026-11-20 03:00:00 or 03:00 in --tz")
	f.StringVar(&r.to, "to", "", "leave out what is after `TIME`")
	f.DurationVar(&r.since, "since", 0, "only the last `DURATION` of the recording, as 30m or 2h")
	r.AddUnpacked(f)
}

// AddUnpacked adds --max-unpacked alone.
// AddLast adds another name for --since.
func (r *timeRange) AddLast(f *pflag.FlagSet) {
	f.DurationVar(&r.since, "last", 0, "the same as --since")
}

func (r *timeRange) AddUnpacked(f *pflag.FlagSet) {
	r.unpacked = record.DefaultMaxUnpacked
	f.Var(&r.unpacked, "max-unpacked", "stop where a compressed input unpacks to more than `SIZE`, as 500GB")
}

// options reads the two times, in the zone that the user asked for where they name none.
func (r *timeRange) options(zone *time.Location) (o record.Options, err error) {
	if o.From, err = RangeTime("--from", r.from, zone); err != nil {
		return o, err
	}
	if o.To, err = RangeTime("--to", r.to, zone); err != nil {
		return o, err
	}
	o.Unhashed, o.Kinds, o.MaxUnpacked = r.Unhashed, r.Kinds, int64(r.unpacked)
	if o.Reversed() {
		return o, Exitf(StatusUsage, "--to %s is before --from %s", r.to, r.from)
	}
	return o, nil
}

// resolve turns --since into --from, by the last time in the recording. Of text that takes a
// reading of its own.
func (r *timeRange) resolve(path string) error {
	switch {
	case r.since == 0:
		return nil
	case r.since < 0:
		return Exitf(StatusUsage, "--since %v: how long before the end, as 30m", r.since)
	case r.from != "":
		return Exitf(StatusUsage, "--since and --from both say where to begin; give one")
	case path == "-":
		return Exitf(StatusUsage, "--since needs a file: standard input can be read once, and its end is not known before")
	}
	src, err := parse.OpenRange(path, record.Options{Unhashed: true, MaxUnpacked: int64(r.unpacked)})
	if err != nil {
		return InputError(path, err)
	}
	defer src.Close()
	end := src.Origin().Meta.To
	for (end.IsZero() || src.Origin().Kind != record.InputBundle) && src.Scan() {
		if at := src.Record().Base().At; at.After(end) {
			end = at
		}
	}
	if end.IsZero() {
		return Exitf(StatusInput, "%s: it has no times for --since to count back from", path)
	}
	r.from, r.since = end.Add(-r.since).UTC().Format(time.RFC3339Nano), 0
	return nil
}

// RangeTime reads the time of a flag; the zone is for one that names none.
func RangeTime(flag, s string, zone *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range [...]string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02", "15:04:05", "15:04"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, Exitf(StatusUsage, "%s %q is no time; write it as 2026-11-20T03:00:00Z, or 03:00 for a time of day", flag, s)
}

// A SizeFlag is a flag of a number of bytes: 1000, 500MB, 2GB.
type SizeFlag int64

// byteUnits are longest first: all end in the last.
var byteUnits = [...]struct {
	name  string
	bytes int64
}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1}}

// String implements pflag.Value.
func (b *SizeFlag) String() string {
	for _, u := range byteUnits {
		if v := int64(*b); v >= u.bytes {
			return strconv.FormatInt((v+u.bytes/2)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(*b), 10)
}

// Set implements pflag.Value.
func (b *SizeFlag) Set(s string) error {
	number, unit := strings.ToUpper(s), int64(1)
	for _, u := range byteUnits {
		if n, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = n, u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n < 1 || n > math.MaxInt64/unit {
		return fmt.Errorf("%q is no size; write it as 500GB", s)
	}
	*b = SizeFlag(n * unit)
	return nil
}

// Type implements pflag.Value.
func (b *SizeFlag) Type() string { return "SIZE" }
