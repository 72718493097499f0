// Package fleet is the command fleet: many recordings, a row each, and one summary of all.
package fleet

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/fleet"
	"github.com/connbox/connbox/parse/record"
)

// A job is a run of the command.
type job struct {
	a        *cli.App
	outputs  []string
	jobs     int
	limit    time.Duration
	input    cli.SizeFlag
	unpacked cli.SizeFlag
	match    []string
	cacheDir string
	reports  string
	shard    string
	common
}

// common are the flags of fleet and of fleet merge.
type common struct {
	labelsFile, sinceFile, failOn string

	gate   gate
	labels *fleet.Labels
	specs  []cli.Spec
}

// New gives the command fleet.
func New(a *cli.App) *cobra.Command {
	j := &job{a: a}
	c := &cobra.Command{
		Use:   "fleet [FLAGS] INPUT...",
		Short: "many recordings: a row each, and one page for all",
		Long: `Fleet analyses many recordings and says what they say together: which incidents are one
incident that several servers saw, whom to talk to, what is full next, which pools waste slots,
and what is new since an earlier run. INPUT is a recording, a folder to search, a pattern as of
a shell, or @LIST, a file with one of these a line (@- for standard input).

Each recording is a row. One that cannot be read, is too large, takes too long or is no file is
a row with its reason, and the others go on. Rows (-o rows:FILE) are what array jobs write with
--shard, what fleet merge reads, and what --since compares with; docs/fleet.md describes them.

A server is known by its label (capture --label), its address, or a line of --labels:

  server,cluster,zone,team
  redis-cart-1:6379,cart,eu-1a,shop

The exit status is 0 whatever was found, 3 if no input could be analysed (0 of a shard), and 1
with --fail-on.`,
		Example: `  connbox fleet nights/                                      the terminal summary
  connbox fleet -o html:fleet.html --reports reports nights/ a page, each dot leads to a report
  connbox fleet --cache ~/.cache/connbox --since last.rows -o rows:new.rows -o html:f.html nights/
  connbox fleet --shard 2/8 -o rows:2.rows -o none @list     the second of eight array jobs
  connbox fleet merge -o html:fleet.html *.rows              all of them together
  connbox fleet --fail-on new:connection-leak --since last.rows nights/`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Exitf(cli.StatusUsage, "%s needs recordings: files, folders, patterns, or @LIST", c.Name())
			}
			return nil
		},
		ValidArgsFunction: cli.CompleteFiles,
		RunE:              func(_ *cobra.Command, args []string) error { return j.run(args) },
	}
	f := c.Flags()
	f.StringArrayVarP(&j.outputs, "output", "o", nil, outputHelp)
	f.IntVarP(&j.jobs, "jobs", "j", 0, "analyse `N` recordings at once (default: as many as there are processors)")
	cli.NotNegative(f, &j.limit, "limit", time.Minute, "give up on a recording after this `TIME`; 0 is never")
	j.input, j.unpacked = 2e9, 20e9
	f.Var(&j.input, "max-input", "do not open files larger than `SIZE`")
	f.Var(&j.unpacked, "max-unpacked", "stop where a recording's replies, or its text unpacked, are larger than `SIZE`")
	f.StringSliceVar(&j.match, "match", fleet.DefaultMatch, "in folders, take files with these `NAMES`")
	f.StringVar(&j.cacheDir, "cache", "", "keep rows in `DIR`, by content, version and limits: the next run does what is new, one that was killed goes on")
	f.StringVar(&j.reports, "reports", "", "write the page of each incident into `DIR`, to which the fleet's page leads")
	f.StringVar(&j.shard, "shard", "", "take the `I/N` part of the inputs, told by their paths: for array jobs")
	j.common.add(f)
	cli.Complete(c, "output", formatNames()...)
	c.AddCommand(newMerge(a))
	return c
}

const outputHelp = "write `FORMAT[:FILE]`: text, json, md, html, rows, parquet (FILE.bundles.parquet and FILE.causes.parquet), none; repeatable; without a file to standard output (default text)"

func (c *common) add(f *pflag.FlagSet) {
	f.StringVar(&c.labelsFile, "labels", "", "what is known of servers, in `CSV`: server,cluster,zone,team")
	f.StringVar(&c.sinceFile, "since", "", "say what is new, gone and repeated since an earlier run, whose rows are in `FILE`")
	f.StringVar(&c.failOn, "fail-on", "", "exit with 1 on `WHAT`, comma-separated: incident, a cause, shared, new or new:CAUSE (with --since), failed (an input that could not be analysed)")
}

// prepare reads what the flags name, before anything else is done.
func (c *common) prepare(outputs []string, inputs ...string) (err error) {
	if c.gate, err = parseGate(c.failOn, c.sinceFile != ""); err != nil {
		return err
	}
	if c.specs, err = specsOf(outputs); err != nil {
		return err
	}
	for _, s := range c.specs {
		for _, path := range filesOf(s) {
			if err := cli.CheckOutput(path, append(inputs, c.labelsFile, c.sinceFile)...); err != nil {
				return err
			}
		}
	}
	if c.labelsFile == "" {
		return nil
	}
	file, err := os.Open(c.labelsFile)
	if err != nil {
		return cli.Exitf(cli.StatusUsage, "--labels %s: cannot be opened: %w", c.labelsFile, cli.Bare(err))
	}
	defer file.Close()
	if c.labels, err = fleet.ReadLabels(file, c.labelsFile); err != nil {
		return cli.Exitf(cli.StatusUsage, "--labels %w", err)
	}
	return nil
}

func (j *job) run(args []string) error {
	defer fleet.TuneCollector(j.a.Env)()
	var err error
	if j.jobs, err = cli.Jobs(j.jobs); err != nil {
		return err
	}
	if err := fleet.CheckMatch(j.match); err != nil {
		return cli.Exitf(cli.StatusUsage, "--match: %w", err)
	}
	var shard fleet.Shard
	if j.shard != "" {
		if shard, err = fleet.ParseShard(j.shard); err != nil {
			return cli.Exitf(cli.StatusUsage, "--shard: %w", err)
		}
	}
	if err := j.prepare(j.outputs); err != nil {
		return err
	}
	if j.reports != "" {
		if err := os.MkdirAll(j.reports, 0o755); err != nil {
			return cli.Exitf(cli.StatusUsage, "--reports %s: %w", j.reports, cli.Bare(err))
		}
	}
	found, err := fleet.Find(args, j.match, j.a.In)
	if err != nil {
		return cli.Exitf(cli.StatusUsage, "%w", err)
	}
	inputs := found.Inputs[:0]
	for _, in := range found.Inputs {
		if shard.Takes(in) {
			inputs = append(inputs, in)
		}
	}
	w, err := j.worker(inputs)
	if err != nil {
		return err
	}
	return j.write(w, found, shard)
}

// worker makes what analyses the inputs.
func (j *job) worker(inputs []string) (*worker, error) {
	w := &worker{a: j.a, inputs: inputs, jobs: j.jobs, reports: j.reports, labels: j.labels,
		options: fleet.Options{Time: j.limit, Bytes: int64(j.input), Unpacked: min(int64(j.unpacked), record.DefaultMaxUnpacked)}}
	if j.reports != "" {
		w.options.Report = w.report
	}
	if j.cacheDir == "" {
		return w, nil
	}
	cache, err := fleet.NewCache(j.cacheDir, cli.Version+" "+programHash())
	if err != nil {
		return nil, cli.Exitf(cli.StatusUsage, "--%w", err)
	}
	w.cache = cache
	return w, nil
}

// write runs the worker, and everything that takes rows, side by side.
func (j *job) write(w *worker, found *fleet.Found, shard fleet.Shard) error {
	took := time.Now()
	out := &output{a: j.a, common: &j.common, shard: shard, link: w.link}
	if err := out.run(func(sink func(*fleet.Row) error) error { return w.run(sink) }); err != nil {
		return err
	}
	j.a.Note("%s, %d from the cache, %d not analysed, in %s%s%s", cli.Plural(int64(w.done), "recording"), w.hits, w.failed, time.Since(took).Round(100*time.Millisecond),
		said(found.Passed, "; %d passed over by name (--match)"), said(found.Twice, "; %d named twice"))
	if n, err := w.cache.Lost(); n > 0 {
		j.a.Note("--cache %s: the rows of %s could not be kept: %v", j.cacheDir, cli.Plural(int64(n), "recording"), err)
	}
	if w.done == w.failed && shard.N == 0 { // a shard may be empty, or of bad inputs alone: to try it again helps nobody
		return cli.Exitf(cli.StatusInput, "no input could be analysed")
	}
	return out.status()
}

func said(n int, format string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(format, n)
}
