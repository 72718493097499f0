package parse

import (
	"github.com/connbox/connbox/parse/appmetrics"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/dump"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
	"github.com/connbox/connbox/parse/stream"
)

// Names of the packages below under which package analyze still calls them: new code uses
// those packages themselves, and when analyze does, this file goes.
type (
	AppMetrics    = appmetrics.Metrics
	AppPool       = appmetrics.Pool
	AppValue      = appmetrics.Value
	ChangeSource  = record.ChangeSource
	Chatter       = record.Chatter
	Client        = record.Client
	ClientChanges = record.ClientChanges
	ClientParser  = reply.ClientParser
	Clients       = record.Clients
	Config        = record.Config
	Dump          = dump.Reader
	Failure       = record.Failure
	FailureClass  = record.FailureClass
	Family        = record.Family
	Field         = record.Field
	FieldSet      = record.FieldSet
	FlagTable     = record.FlagTable
	Head          = record.Head
	Identity      = record.Identity
	Imported      = record.Imported
	Info          = record.Info
	InfoChanges   = reply.InfoChanges
	InputError    = record.InputError
	Inspection    = bundle.Inspection
	Kind          = record.Kind
	Layout        = record.Layout
	Mark          = record.Mark
	Meta          = record.Meta
	Options       = record.Options
	Origin        = record.Origin
	Other         = record.Other
	Pair          = record.Pair
	Pos           = record.Pos
	Record        = record.Record
	SlotRule      = record.SlotRule
	SlowEntry     = record.SlowEntry
	Slowlog       = record.Slowlog
	Source        = record.Source
	Spell         = record.Spell
	SpellClient   = record.SpellClient
	Writer        = bundle.Writer
)

const (
	AfterKey        = record.AfterKey
	AllPeers        = record.AllPeers
	AppErrors       = appmetrics.Errors
	AppIdle         = appmetrics.Idle
	AppMax          = appmetrics.Max
	AppTimeouts     = appmetrics.Timeouts
	AppTotal        = appmetrics.Total
	AppUsed         = appmetrics.Used
	AppWaiting      = appmetrics.Waiting
	FailAuth        = record.FailAuth
	FailLoading     = record.FailLoading
	FailMaxClients  = record.FailMaxClients
	FailOther       = record.FailOther
	FailPerm        = record.FailPerm
	FailProtected   = record.FailProtected
	FailRefused     = record.FailRefused
	FailReset       = record.FailReset
	FailTLS         = record.FailTLS
	FailTimeout     = record.FailTimeout
	FamilyDragonfly = record.FamilyDragonfly
	FamilyGarnet    = record.FamilyGarnet
	FamilyKeyDB     = record.FamilyKeyDB
	FamilyKvrocks   = record.FamilyKvrocks
	FamilyRedis     = record.FamilyRedis
	FamilyValkey    = record.FamilyValkey
	FieldAddr       = record.FieldAddr
	FieldAge        = record.FieldAge
	FieldCmd        = record.FieldCmd
	FieldFlags      = record.FieldFlags
	FieldID         = record.FieldID
	FieldIdle       = record.FieldIdle
	FieldLaddr      = record.FieldLaddr
	FieldName       = record.FieldName
	FieldOMem       = record.FieldOMem
	FieldUser       = record.FieldUser
	FormatVersion   = bundle.FormatVersion
	HiddenArgs      = record.HiddenArgs
	InputBundle     = record.InputBundle
	InputDump       = record.InputDump
	KindChatter     = record.KindChatter
	KindClients     = record.KindClients
	KindConfig      = record.KindConfig
	KindFailure     = record.KindFailure
	KindInfo        = record.KindInfo
	KindMark        = record.KindMark
	KindOther       = record.KindOther
	KindSlowlog     = record.KindSlowlog
	NumFields       = record.NumFields
	PropBlocked     = record.PropBlocked
	PropInternal    = record.PropInternal
	PropPrimary     = record.PropPrimary
	PropPubSub      = record.PropPubSub
	PropRDBChannel  = record.PropRDBChannel
	PropReplica     = record.PropReplica
	PropSlotExport  = record.PropSlotExport
	PropSlotImport  = record.PropSlotImport
)

var (
	AppMetricTable  = appmetrics.MetricTable
	AppendClients   = reply.AppendClients
	AppendConfig    = reply.AppendConfig
	AppendQuoted    = reply.AppendQuoted
	AppendSlowlog   = reply.AppendSlowlog
	ClassifyFailure = record.ClassifyFailure
	ConfigAllowed   = record.ConfigAllowed
	Create          = bundle.Create
	CreateLive      = bundle.CreateLive
	DefaultAppMap   = appmetrics.DefaultMap
	ErrTooLarge     = bundle.ErrTooLarge
	FieldByKey      = record.FieldByKey
	HostOf          = record.HostOf
	Identify        = record.Identify
	Inspect         = bundle.Inspect
	NewDump         = dump.NewReader
	OpenBundle      = bundle.Open
	OpenText        = stream.OpenText
	ReadAppMap      = appmetrics.ReadMap
	ReadAppMetrics  = appmetrics.Read
	Repair          = bundle.Repair
	SubInt          = record.SubInt
)
