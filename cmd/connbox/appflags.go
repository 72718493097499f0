package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/connbox/connbox/parse/appmetrics"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/stream"
)

// appFlags name the applications' metrics and how to read them.
type appFlags struct{ file, mapping string }

func (f *appFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.file, "app", "", "application pool metrics, Prometheus or OpenMetrics text: `FILE`, also gzip or zstd")
	flags.StringVar(&f.mapping, "app-map", "", "map more metrics to what they mean, in `FILE`: lines ROLE METRIC, ROLE one of total, idle, used, max, timeouts, waiting, errors, or service LABEL, instance LABEL (docs/method.md)")
}

// check says early what cannot be: a mapping of nothing, or standard input twice.
func (f *appFlags) check(input string) error {
	switch {
	case f.mapping != "" && f.file == "":
		return exitf(statusUsage, "--app-map says how to read --app, which is not given")
	case input == "-" && f.file == "-", input == "-" && f.mapping == "-", f.file == "-" && f.mapping == "-":
		return exitf(statusUsage, "only one of the input, --app and --app-map can be standard input")
	}
	return nil
}

// read reads the metrics; nil where none are given. Part of a file would make pools look
// empty, so it is all or nothing. A mapping that is wrong is wrong use, not a wrong input.
func (f *appFlags) read() (*appmetrics.Metrics, error) {
	if f.file == "" {
		return nil, nil
	}
	by := appmetrics.DefaultMap()
	if f.mapping != "" {
		text, err := stream.OpenText(f.mapping)
		if err == nil {
			defer text.Close()
			by, err = appmetrics.ReadMap(text, filepath.Base(f.mapping))
		}
		if err != nil {
			return nil, mappingError(f.mapping, err)
		}
	}
	text, err := stream.OpenText(f.file)
	if err != nil {
		return nil, inputError(f.file, err)
	}
	defer text.Close()
	m, err := by.Read(text, filepath.Base(f.file))
	if err != nil {
		return nil, inputError(f.file, err)
	}
	return m, nil
}

// mappingError words an error of a mapping file.
func mappingError(path string, err error) error {
	var in *record.InputError
	if errors.As(err, &in) && in.Pos.File == "" {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return exitf(statusUsage, "%w", err)
}
