package cli

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/connbox/connbox/parse/appmetrics"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/stream"
)

// AppFlags name the applications' metrics and how to read them.
type AppFlags struct{ File, Mapping string }

// Add adds the flags to a command.
func (f *AppFlags) Add(flags *pflag.FlagSet) {
	flags.StringVar(&f.File, "app", "", "application pool metrics, Prometheus or OpenMetrics text: `FILE`, also gzip or zstd")
	flags.StringVar(&f.Mapping, "app-map", "", "map more metrics to what they mean, in `FILE`: lines ROLE METRIC, ROLE one of total, idle, used, max, timeouts, waiting, errors, or service LABEL, instance LABEL (docs/method.md)")
}

// Check says early what cannot be: a mapping of nothing, or standard input twice.
func (f *AppFlags) Check(input string) error {
	switch {
	case f.Mapping != "" && f.File == "":
		return Exitf(StatusUsage, "--app-map says how to read --app, which is not given")
	case input == "-" && f.File == "-", input == "-" && f.Mapping == "-", f.File == "-" && f.Mapping == "-":
		return Exitf(StatusUsage, "only one of the input, --app and --app-map can be standard input")
	}
	return nil
}

// Read reads the metrics; nil where none are given. Part of a file would make pools look
// empty, so it is all or nothing. A mapping that is wrong is wrong use, not a wrong input.
func (f *AppFlags) Read() (*appmetrics.Metrics, error) {
	if f.File == "" {
		return nil, nil
	}
	by := appmetrics.DefaultMap()
	if f.Mapping != "" {
		text, err := stream.OpenText(f.Mapping)
		if err == nil {
			defer text.Close()
			by, err = appmetrics.ReadMap(text, filepath.Base(f.Mapping))
		}
		if err != nil {
			return nil, mappingError(f.Mapping, err)
		}
	}
	text, err := stream.OpenText(f.File)
	if err != nil {
		return nil, InputError(f.File, err)
	}
	defer text.Close()
	m, err := by.Read(text, filepath.Base(f.File))
	if err != nil {
		return nil, InputError(f.File, err)
	}
	return m, nil
}

// mappingError words an error of a mapping file.
func mappingError(path string, err error) error {
	var in *record.InputError
	if errors.As(err, &in) && in.Pos.File == "" {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return Exitf(StatusUsage, "%w", err)
}
