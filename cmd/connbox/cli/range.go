package cli

import (
	"fmt"
	"math"
	"os"
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
	told     bool          // that --to is of the next day
	Unhashed bool          // the command has no use for the hash of the whole input
	Kinds    []record.Kind // that the command has use for; none stands for all
	Stored   bool          // the command writes another bundle of what lies in one
}

// Add adds the flags to a command.
func (r *timeRange) Add(f *pflag.FlagSet) {
	f.StringVar(&r.from, "from", "", "leave out what is before `TIME`: 2026-11-20T03:00:00Z, 2026-11-20 03:00:00 or 03:00 in --tz; -30m before the recording's end, +5m after its beginning")
	f.StringVar(&r.to, "to", "", "leave out what is after `TIME`")
	Positive(f, &r.since, "since", 0, "only the last `DURATION` of the recording, as 30m or 2h")
	r.AddUnpacked(f)
}

// AddLast adds another name for --since.
func (r *timeRange) AddLast(f *pflag.FlagSet) {
	Positive(f, &r.since, "last", 0, "the same as --since")
}

// AddUnpacked adds --max-unpacked alone.
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
	o.Unhashed, o.Kinds, o.Stored, o.MaxUnpacked = r.Unhashed, r.Kinds, r.Stored, int64(r.unpacked)
	if o.Reversed() {
		return o, Exitf(StatusUsage, "--to %s is before --from %s", r.to, r.from)
	}
	return o, nil
}

// resolve turns --since into --from, and times that count from an end of the recording into
// times.
func (r *timeRange) resolve(path string) error {
	switch {
	case r.since > 0 && r.from != "":
		return Exitf(StatusUsage, "--since and --from both say where to begin; give one")
	case r.since > 0:
		r.from, r.since = "-"+r.since.String(), 0
	}
	return r.Absolute(path, &r.from, &r.to)
}

// Bounded tells whether a part of the recording is asked for.
func (r *timeRange) Bounded() bool { return r.from != "" || r.to != "" }

// tellNextDay says once that a time of day of --to before that of --from is one of the next day.
func (a *App) tellNextDay(o record.Options) {
	r := &a.Window
	if r.told || o.From.IsZero() || o.To.Year() != 0 {
		return
	}
	if from := o.From.In(o.To.Location()); o.To.Format(time.TimeOnly) < from.Format(time.TimeOnly) {
		r.told = true
		a.Note("--to %s is before --from %s: that of the next day is meant", r.to, r.from)
	}
}

func isFolder(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// Absolute turns times that count from an end of the recording (-30m before its end, +5m after its
// beginning) into times, and leaves others as they are. Of text that takes a reading of its own.
func (r *timeRange) Absolute(path string, times ...*string) error {
	var first, last time.Time
	for _, s := range times {
		by, err := time.ParseDuration(*s)
		if err != nil || (*s)[0] != '-' && (*s)[0] != '+' {
			continue
		}
		if stream, once := readOnce(path); once {
			return Exitf(StatusUsage, "%s counts from an end of the recording, which is not known of %s: it can be read once; give a file", *s, stream)
		}
		if last.IsZero() {
			if first, last, err = r.ends(path); err != nil {
				return err
			}
		}
		at := first.Add(by)
		if (*s)[0] == '-' {
			at = last.Add(by)
		}
		*s = at.UTC().Format(time.RFC3339Nano)
	}
	return nil
}

// readOnce tells a stream, and how it is called: standard input, or a pipe by its name.
func readOnce(path string) (name string, once bool) {
	if path == "-" {
		return "standard input", true
	}
	return path, parse.IsStream(path)
}

// ends gives the first and the last time of a recording: a bundle knows them, text is read for them.
func (r *timeRange) ends(path string) (first, last time.Time, err error) {
	src, err := parse.OpenRange(path, record.Options{Unhashed: true, MaxUnpacked: int64(r.unpacked)})
	if err != nil {
		return first, last, InputError(path, err)
	}
	defer src.Close()
	if m := src.Origin().Meta; src.Origin().Kind == record.InputBundle && !m.From.IsZero() && !m.To.IsZero() {
		if !isFolder(path) {
			return m.From, m.To, nil
		}
		// What is being recorded ends later than its manifest says.
		o := record.Options{From: m.To, Unhashed: true, Stored: true}
		tail, err := parse.OpenRange(path, o)
		if err != nil {
			return first, last, InputError(path, err)
		}
		defer tail.Close()
		first, last = m.From, m.To
		for tail.Scan() {
			if at := tail.Record().Base().At; at.After(last) {
				last = at
			}
		}
		return first, last, nil
	}
	for src.Scan() {
		at := src.Record().Base().At
		if at.IsZero() {
			continue
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	if last.IsZero() {
		return first, last, Exitf(StatusInput, "%s: it has no times to count from", path)
	}
	return first, last, nil
}

// Moment reads the one time of a flag, as Absolute and RangeTime do. A time of day is the last such
// in the recording.
func (r *timeRange) Moment(path, flag, s string, zone *time.Location) (time.Time, error) {
	if err := r.Absolute(path, &s); err != nil {
		return time.Time{}, err
	}
	at, err := RangeTime(flag, s, zone)
	if err != nil || s == "" || at.Year() != 0 {
		return at, err
	}
	if stream, once := readOnce(path); once {
		return at, Exitf(StatusUsage, "%s %s: the day is not known before %s is read; give a date, too", flag, s, stream)
	}
	_, last, err := r.ends(path)
	if err != nil {
		return at, err
	}
	y, m, d := last.In(zone).Date()
	at = time.Date(y, m, d, at.Hour(), at.Minute(), at.Second(), 0, zone)
	if at.After(last) {
		at = at.AddDate(0, 0, -1)
	}
	return at, nil
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
	return time.Time{}, Exitf(StatusUsage, "%s %q is no time; write it as 2026-11-20T03:00:00Z, 03:00 for a time of day, or -30m before the recording's end", flag, s)
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
