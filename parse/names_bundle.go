package parse

import (
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// Recordings as bundles; see package bundle.
type (
	Bundle        = bundle.Bundle
	Writer        = bundle.Writer
	Inspection    = bundle.Inspection
	KindCount     = bundle.KindCount
	ChangeSource  = record.ChangeSource
	ClientChanges = record.ClientChanges
	Spell         = record.Spell
	SpellClient   = record.SpellClient
	SpellRare     = record.SpellRare
)

// FormatVersion is the number of the bundle format written here.
const FormatVersion = bundle.FormatVersion

// Its functions and errors.
var (
	Create      = bundle.Create
	CreateLive  = bundle.CreateLive
	OpenBundle  = bundle.Open
	Inspect     = bundle.Inspect
	Repair      = bundle.Repair
	ErrTooLarge = bundle.ErrTooLarge
)
