package capture_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/parse/record"
)

// discard is a Sink that keeps nothing.
type discard struct{}

func (discard) Write(record.Record) error { return nil }

// A recording that cannot begin says why, and what to do.
func ExampleRun() {
	target, err := capture.ParseURI("redis://127.0.0.1:1")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = capture.Run(context.Background(), capture.Options{Target: target}, discard{})
	var refused *capture.ConnectError
	if errors.As(err, &refused) {
		fmt.Println(refused.Class, "-", refused.Hint())
	}
	// Output: refused - no server listens there; --wait keeps trying
}
