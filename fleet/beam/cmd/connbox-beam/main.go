// Command connbox-beam is connbox fleet as an Apache Beam pipeline. Without --runner it runs on Prism,
// within its own process; the flags of other runners are Beam's.
//
//	connbox-beam -output out/night 'nights/*.connbox'
//	connbox-beam -output gs://b/night --runner dataflow --project P --region R --staging_location gs://b/staging 'gs://b/nights/*.connbox'
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/gcs"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/s3"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"

	"github.com/connbox/connbox/fleet"
	beamfleet "github.com/connbox/connbox/fleet/beam"
)

// version is what rows carry; set by the linker to that of connbox.
var version = "beam"

func main() {
	defer fleet.TuneCollector(os.LookupEnv)()
	var o beamfleet.Options
	flag.StringVar(&o.Output, "output", "", "what the names of the written files begin with")
	labels := flag.String("server_labels", "", "a CSV file of servers: server,cluster,zone,team")
	flag.DurationVar(&o.Time, "limit", time.Minute, "give up on a recording after this time")
	flag.Int64Var(&o.Bytes, "max_input", 2e9, "do not read recordings of more bytes")
	flag.Int64Var(&o.Unpacked, "max_unpacked", 20e9, "stop where a recording's replies are larger")
	flag.IntVar(&o.Shards, "row_shards", 1, "files of rows")
	flag.Parse()
	beamfleet.Register()
	beam.Init()
	log.SetFlags(0)
	o.Inputs, o.Tool = flag.Args(), version
	if o.Output == "" || len(o.Inputs) == 0 {
		log.Fatal("connbox-beam: it takes -output and patterns of recordings; see -help")
	}
	if *labels != "" {
		text, err := os.ReadFile(*labels)
		if err != nil {
			log.Fatalf("connbox-beam: -server_labels: %v", err)
		}
		o.Labels = string(text)
	}
	p, s := beam.NewPipelineWithRoot()
	if err := beamfleet.Build(s, o); err != nil {
		log.Fatalf("connbox-beam: %v", err)
	}
	if err := beamx.Run(context.Background(), p); err != nil {
		log.Fatalf("connbox-beam: %v", err)
	}
}
