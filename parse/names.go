package parse

import (
	"github.com/connbox/connbox/parse/appmetrics"
	"github.com/connbox/connbox/parse/dump"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
	"github.com/connbox/connbox/parse/stream"
)

// What a recording is made of; see package record.
type (
	Chatter      = record.Chatter
	Client       = record.Client
	Clients      = record.Clients
	Config       = record.Config
	Evidence     = record.Evidence
	Failure      = record.Failure
	FailureClass = record.FailureClass
	Family       = record.Family
	Field        = record.Field
	FieldClass   = record.FieldClass
	FieldSet     = record.FieldSet
	FieldSpec    = record.FieldSpec
	Flag         = record.Flag
	FlagTable    = record.FlagTable
	Head         = record.Head
	Identity     = record.Identity
	Imported     = record.Imported
	Info         = record.Info
	InputError   = record.InputError
	InputKind    = record.InputKind
	Interner     = record.Interner
	Kind         = record.Kind
	KindSet      = record.KindSet
	Layout       = record.Layout
	Mark         = record.Mark
	Meta         = record.Meta
	Metric       = record.Metric
	MetricPart   = record.MetricPart
	Options      = record.Options
	Origin       = record.Origin
	Other        = record.Other
	Pair         = record.Pair
	Peer         = record.Peer
	Pos          = record.Pos
	Properties   = record.Properties
	Record       = record.Record
	SlotRule     = record.SlotRule
	SlowEntry    = record.SlowEntry
	Slowlog      = record.Slowlog
	Source       = record.Source
	Span         = record.Span
	Warnings     = record.Warnings
	Window       = record.Window
)

// Its constants.
const (
	AfterKey           = record.AfterKey
	AllPeers           = record.AllPeers
	ClassCounter       = record.ClassCounter
	ClassGauge         = record.ClassGauge
	ClassIdentity      = record.ClassIdentity
	ClassState         = record.ClassState
	Documented         = record.Documented
	FailAuth           = record.FailAuth
	FailLoading        = record.FailLoading
	FailMaxClients     = record.FailMaxClients
	FailOther          = record.FailOther
	FailPerm           = record.FailPerm
	FailProtected      = record.FailProtected
	FailRefused        = record.FailRefused
	FailReset          = record.FailReset
	FailTLS            = record.FailTLS
	FailTimeout        = record.FailTimeout
	FamilyAzure        = record.FamilyAzure
	FamilyDragonfly    = record.FamilyDragonfly
	FamilyGarnet       = record.FamilyGarnet
	FamilyKeyDB        = record.FamilyKeyDB
	FamilyKvrocks      = record.FamilyKvrocks
	FamilyRedis        = record.FamilyRedis
	FamilyUnknown      = record.FamilyUnknown
	FamilyValkey       = record.FamilyValkey
	FieldAddr          = record.FieldAddr
	FieldAge           = record.FieldAge
	FieldArgvMem       = record.FieldArgvMem
	FieldCapa          = record.FieldCapa
	FieldCmd           = record.FieldCmd
	FieldCmds          = record.FieldCmds
	FieldDB            = record.FieldDB
	FieldEvents        = record.FieldEvents
	FieldFD            = record.FieldFD
	FieldFlags         = record.FieldFlags
	FieldID            = record.FieldID
	FieldIOThread      = record.FieldIOThread
	FieldIdle          = record.FieldIdle
	FieldLaddr         = record.FieldLaddr
	FieldLibName       = record.FieldLibName
	FieldLibVer        = record.FieldLibVer
	FieldMulti         = record.FieldMulti
	FieldMultiMem      = record.FieldMultiMem
	FieldName          = record.FieldName
	FieldNetIn         = record.FieldNetIn
	FieldNetOut        = record.FieldNetOut
	FieldOBL           = record.FieldOBL
	FieldOLL           = record.FieldOLL
	FieldOMem          = record.FieldOMem
	FieldPSub          = record.FieldPSub
	FieldQBuf          = record.FieldQBuf
	FieldQBufFree      = record.FieldQBufFree
	FieldRBP           = record.FieldRBP
	FieldRBS           = record.FieldRBS
	FieldRedir         = record.FieldRedir
	FieldResp          = record.FieldResp
	FieldSSub          = record.FieldSSub
	FieldSub           = record.FieldSub
	FieldTotMem        = record.FieldTotMem
	FieldUser          = record.FieldUser
	FieldWatch         = record.FieldWatch
	FromSource         = record.FromSource
	HiddenArgs         = record.HiddenArgs
	InputBundle        = record.InputBundle
	InputDump          = record.InputDump
	KindChatter        = record.KindChatter
	KindClients        = record.KindClients
	KindConfig         = record.KindConfig
	KindFailure        = record.KindFailure
	KindInfo           = record.KindInfo
	KindMark           = record.KindMark
	KindOther          = record.KindOther
	KindSlowlog        = record.KindSlowlog
	MaxFailureText     = record.MaxFailureText
	NoField            = record.NoField
	NumFields          = record.NumFields
	NumKinds           = record.NumKinds
	PropAsking         = record.PropAsking
	PropBlocked        = record.PropBlocked
	PropBroadcast      = record.PropBroadcast
	PropBrokenRedirect = record.PropBrokenRedirect
	PropCloseASAP      = record.PropCloseASAP
	PropCloseAfter     = record.PropCloseAfter
	PropDirty          = record.PropDirty
	PropImportSource   = record.PropImportSource
	PropInternal       = record.PropInternal
	PropMonitor        = record.PropMonitor
	PropMulti          = record.PropMulti
	PropNoEvict        = record.PropNoEvict
	PropNoTouch        = record.PropNoTouch
	PropPrimary        = record.PropPrimary
	PropPubSub         = record.PropPubSub
	PropRDBChannel     = record.PropRDBChannel
	PropReadOnly       = record.PropReadOnly
	PropReplica        = record.PropReplica
	PropSlotExport     = record.PropSlotExport
	PropSlotImport     = record.PropSlotImport
	PropTracking       = record.PropTracking
	PropUnblocked      = record.PropUnblocked
	PropUnix           = record.PropUnix
	Recorded           = record.Recorded
	Removed            = record.Removed
)

// Its functions and errors.
var (
	ClassifyFailure = record.ClassifyFailure
	ConfigAllowed   = record.ConfigAllowed
	EachInfoLine    = record.EachInfoLine
	ErrNewerFormat  = record.ErrNewerFormat
	Errorf          = record.Errorf
	FieldByKey      = record.FieldByKey
	FieldSpecByKey  = record.FieldSpecByKey
	Flags           = record.Flags
	HostOf          = record.HostOf
	Identify        = record.Identify
	KindOf          = record.KindOf
	KindSetOf       = record.KindSetOf
	MayBeFailure    = record.MayBeFailure
	MetricByKey     = record.MetricByKey
	MetricParts     = record.MetricParts
	Metrics         = record.Metrics
	NewWindow       = record.NewWindow
	SlotRules       = record.SlotRules
	SubInt          = record.SubInt
)

// Replies and dumps as text; see packages reply, dump and stream.
type (
	ClientParser = reply.ClientParser
	Dump         = dump.Reader
	InfoChanges  = reply.InfoChanges
)

// Their functions.
var (
	AppendClient  = reply.AppendClient
	AppendClients = reply.AppendClients
	AppendConfig  = reply.AppendConfig
	AppendQuoted  = reply.AppendQuoted
	AppendSlowlog = reply.AppendSlowlog
	NewDump       = dump.NewReader
	OpenText      = stream.OpenText
)

// Pool metrics of applications; see package appmetrics.
type (
	AppMap     = appmetrics.Map
	AppMetric  = appmetrics.Metric
	AppMetrics = appmetrics.Metrics
	AppPool    = appmetrics.Pool
	AppRole    = appmetrics.Role
	AppValue   = appmetrics.Value
)

// Its roles.
const (
	AppErrors   = appmetrics.Errors
	AppIdle     = appmetrics.Idle
	AppMax      = appmetrics.Max
	AppTimeouts = appmetrics.Timeouts
	AppTotal    = appmetrics.Total
	AppUsed     = appmetrics.Used
	AppWaiting  = appmetrics.Waiting
)

// Its functions.
var (
	AppMetricTable = appmetrics.MetricTable
	DefaultAppMap  = appmetrics.DefaultMap
	ReadAppMap     = appmetrics.ReadMap
	ReadAppMetrics = appmetrics.Read
)
