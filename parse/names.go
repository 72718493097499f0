package parse

import (
	"github.com/connbox/connbox/parse/appmetrics"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/dump"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// Names of the packages below under which package analyze still calls them: new code uses
// those packages themselves, and when analyze does, this file goes.
type (
	AppMetrics    = appmetrics.Metrics
	AppPool       = appmetrics.Pool
	AppValue      = appmetrics.Value
	ChangeSource  = record.ChangeSource
	Client        = record.Client
	ClientChanges = record.ClientChanges
	ClientParser  = reply.ClientParser
	Clients       = record.Clients
	Config        = record.Config
	Failure       = record.Failure
	FailureClass  = record.FailureClass
	Family        = record.Family
	Field         = record.Field
	FlagTable     = record.FlagTable
	Head          = record.Head
	Identity      = record.Identity
	Info          = record.Info
	Kind          = record.Kind
	Layout        = record.Layout
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
	FieldName       = record.FieldName
	FieldOMem       = record.FieldOMem
	FieldUser       = record.FieldUser
	InputDump       = record.InputDump
	KindClients     = record.KindClients
	KindInfo        = record.KindInfo
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
	AppendClients  = reply.AppendClients
	Create         = bundle.Create
	HostOf         = record.HostOf
	Identify       = record.Identify
	NewDump        = dump.NewReader
	OpenBundle     = bundle.Open
	ReadAppMetrics = appmetrics.Read
	SubInt         = record.SubInt
)
