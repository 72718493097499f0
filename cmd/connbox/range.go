package main

import (
	"time"

	"github.com/spf13/pflag"

	"github.com/connbox/connbox/parse"
)

// A timeRange is --from and --to.
type timeRange struct {
	from, to string
	unhashed bool         // the command has no use for the hash of the whole input
	kinds    []parse.Kind // that the command has use for; none stands for all
}

func (r *timeRange) add(f *pflag.FlagSet) {
	f.StringVar(&r.from, "from", "", "leave out what is before `TIME`: 2026-11-20T03:00:00Z, or 2026-11-20 03:00:00 in --tz")
	f.StringVar(&r.to, "to", "", "leave out what is after `TIME`")
}

// options reads the two times, in the zone that the user asked for where they name none.
func (r *timeRange) options(zone *time.Location) (o parse.Options, err error) {
	if o.From, err = rangeTime("--from", r.from, zone); err != nil {
		return o, err
	}
	if o.To, err = rangeTime("--to", r.to, zone); err != nil {
		return o, err
	}
	o.Unhashed, o.Kinds = r.unhashed, r.kinds
	if !o.From.IsZero() && !o.To.IsZero() && o.To.Before(o.From) {
		return o, exitf(statusUsage, "--to %s is before --from %s", r.to, r.from)
	}
	return o, nil
}

func rangeTime(flag, s string, zone *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range [...]string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, exitf(statusUsage, "%s %q is no time; write it as 2026-11-20T03:00:00Z", flag, s)
}
