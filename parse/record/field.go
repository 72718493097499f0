package record

import "strings"

// NumFields is how many keys of CLIENT LIST have a Field of their own.
const NumFields = int(NoField)

// FieldClass says how the values of a field behave over time.
type FieldClass uint8

// The classes of field.
const (
	ClassIdentity FieldClass = iota // names a connection or its peer; does not change with load
	ClassGauge                      // goes up and down
	ClassCounter                    // only grows while the connection lives
	ClassState                      // a word for what the connection is doing
)

// A FieldSpec describes one key of CLIENT LIST.
type FieldSpec struct {
	Key   string // as the server prints it
	Unit  string // "bytes", "seconds", "count" …; empty for text and plain identifiers
	Class FieldClass
	Since string                // first server that prints it
	Num   func(*Client) *int64  // where it stands in a Client; nil for text
	Str   func(*Client) *string // same; nil for numbers
}

// clientFields is indexed by Field. Since is from recordings of the named servers, and for
// what is older than the oldest recording from server source.
// Source of the meanings: catClientInfoString in Redis' and Valkey's networking.c.
var clientFields = [NoField]FieldSpec{
	FieldID:       {Key: "id", Class: ClassIdentity, Since: "Redis 2.8.12", Num: func(c *Client) *int64 { return &c.ID }},
	FieldAddr:     {Key: "addr", Class: ClassIdentity, Since: "Redis 2.4", Str: func(c *Client) *string { return &c.Addr }},
	FieldLaddr:    {Key: "laddr", Class: ClassIdentity, Since: "Redis 6.2", Str: func(c *Client) *string { return &c.Laddr }},
	FieldFD:       {Key: "fd", Class: ClassIdentity, Since: "Redis 2.4", Num: func(c *Client) *int64 { return &c.FD }},
	FieldName:     {Key: "name", Class: ClassIdentity, Since: "Redis 2.6.9", Str: func(c *Client) *string { return &c.Name }},
	FieldAge:      {Key: "age", Unit: "seconds", Class: ClassCounter, Since: "Redis 2.6", Num: func(c *Client) *int64 { return &c.Age }},
	FieldIdle:     {Key: "idle", Unit: "seconds", Class: ClassGauge, Since: "Redis 2.4", Num: func(c *Client) *int64 { return &c.Idle }},
	FieldFlags:    {Key: "flags", Class: ClassState, Since: "Redis 2.4", Str: func(c *Client) *string { return &c.Flags }},
	FieldCapa:     {Key: "capa", Class: ClassIdentity, Since: "Valkey 8.1", Str: func(c *Client) *string { return &c.Capa }},
	FieldDB:       {Key: "db", Class: ClassState, Since: "Redis 2.4", Num: func(c *Client) *int64 { return &c.DB }},
	FieldSub:      {Key: "sub", Unit: "count", Class: ClassGauge, Since: "Redis 2.4", Num: func(c *Client) *int64 { return &c.Sub }},
	FieldPSub:     {Key: "psub", Unit: "count", Class: ClassGauge, Since: "Redis 2.4", Num: func(c *Client) *int64 { return &c.PSub }},
	FieldSSub:     {Key: "ssub", Unit: "count", Class: ClassGauge, Since: "Redis 7.0", Num: func(c *Client) *int64 { return &c.SSub }},
	FieldMulti:    {Key: "multi", Unit: "count", Class: ClassGauge, Since: "Redis 2.6", Num: func(c *Client) *int64 { return &c.Multi }},
	FieldWatch:    {Key: "watch", Unit: "count", Class: ClassGauge, Since: "Redis 7.4, Valkey 8.0", Num: func(c *Client) *int64 { return &c.Watch }},
	FieldQBuf:     {Key: "qbuf", Unit: "bytes", Class: ClassGauge, Since: "Redis 2.4", Num: func(c *Client) *int64 { return &c.QBuf }},
	FieldQBufFree: {Key: "qbuf-free", Unit: "bytes", Class: ClassGauge, Since: "Redis 2.6", Num: func(c *Client) *int64 { return &c.QBufFree }},
	FieldArgvMem:  {Key: "argv-mem", Unit: "bytes", Class: ClassGauge, Since: "Redis 6.0", Num: func(c *Client) *int64 { return &c.ArgvMem }},
	FieldMultiMem: {Key: "multi-mem", Unit: "bytes", Class: ClassGauge, Since: "Redis 7.0", Num: func(c *Client) *int64 { return &c.MultiMem }},
	FieldRBS:      {Key: "rbs", Unit: "bytes", Class: ClassGauge, Since: "Redis 7.0", Num: func(c *Client) *int64 { return &c.RBS }},
	FieldRBP:      {Key: "rbp", Unit: "bytes", Class: ClassGauge, Since: "Redis 7.0", Num: func(c *Client) *int64 { return &c.RBP }},
	FieldOBL:      {Key: "obl", Unit: "bytes", Class: ClassGauge, Since: "Redis 2.4", Num: func(c *Client) *int64 { return &c.OBL }},
	FieldOLL:      {Key: "oll", Unit: "count", Class: ClassGauge, Since: "Redis 2.4", Num: func(c *Client) *int64 { return &c.OLL }},
	FieldOMem:     {Key: "omem", Unit: "bytes", Class: ClassGauge, Since: "Redis 2.6", Num: func(c *Client) *int64 { return &c.OMem }},
	FieldTotMem:   {Key: "tot-mem", Unit: "bytes", Class: ClassGauge, Since: "Redis 6.0", Num: func(c *Client) *int64 { return &c.TotMem }},
	FieldEvents:   {Key: "events", Class: ClassState, Since: "Redis 2.4", Str: func(c *Client) *string { return &c.Events }},
	FieldCmd:      {Key: "cmd", Class: ClassState, Since: "Redis 2.4", Str: func(c *Client) *string { return &c.Cmd }},
	FieldUser:     {Key: "user", Class: ClassIdentity, Since: "Redis 6.0", Str: func(c *Client) *string { return &c.User }},
	FieldRedir:    {Key: "redir", Class: ClassState, Since: "Redis 6.2", Num: func(c *Client) *int64 { return &c.Redir }},
	FieldResp:     {Key: "resp", Class: ClassState, Since: "Redis 7.0", Num: func(c *Client) *int64 { return &c.Resp }},
	FieldLibName:  {Key: "lib-name", Class: ClassIdentity, Since: "Redis 7.2", Str: func(c *Client) *string { return &c.LibName }},
	FieldLibVer:   {Key: "lib-ver", Class: ClassIdentity, Since: "Redis 7.2", Str: func(c *Client) *string { return &c.LibVer }},
	FieldIOThread: {Key: "io-thread", Class: ClassState, Since: "Redis 8.0", Num: func(c *Client) *int64 { return &c.IOThread }},
	FieldNetIn:    {Key: "tot-net-in", Unit: "bytes", Class: ClassCounter, Since: "Valkey 8.0, Redis 8.2", Num: func(c *Client) *int64 { return &c.NetIn }},
	FieldNetOut:   {Key: "tot-net-out", Unit: "bytes", Class: ClassCounter, Since: "Valkey 8.0, Redis 8.2", Num: func(c *Client) *int64 { return &c.NetOut }},
	FieldCmds:     {Key: "tot-cmds", Unit: "count", Class: ClassCounter, Since: "Valkey 8.0, Redis 8.2", Num: func(c *Client) *int64 { return &c.Cmds }},
}

// Spec describes the field. It panics for a Field that is not one of the constants.
func (f Field) Spec() FieldSpec { return clientFields[f] }

// Numeric tells whether the field is a number; otherwise it is text.
func (f Field) Numeric() bool { return clientFields[f].Num != nil }

// String gives the field's key as printed.
func (f Field) String() string { return clientFields[f].Key }

// FieldByKey finds the field of a key as printed.
func FieldByKey(key string) (Field, bool) {
	for f := range clientFields {
		if clientFields[f].Key == key {
			return Field(f), true
		}
	}
	return 0, false
}

// Int gives a number field's value; false where the server did not print it or it is text.
func (c *Client) Int(f Field) (int64, bool) {
	if !c.Has.Has(f) || !f.Numeric() {
		return 0, false
	}
	return *clientFields[f].Num(c), true
}

// Text gives a text field's value; false where the server did not print it or it is a number.
func (c *Client) Text(f Field) (string, bool) {
	if !c.Has.Has(f) || f.Numeric() {
		return "", false
	}
	return *clientFields[f].Str(c), true
}

// SetInt stores a number field and marks it as printed; it does nothing for a text field.
func (c *Client) SetInt(f Field, v int64) {
	if p := clientFields[f].Num; p != nil {
		*p(c) = v
		c.Has |= 1 << f
	}
}

// SetText stores a text field and marks it as printed; it does nothing for a number field.
func (c *Client) SetText(f Field, v string) {
	if p := clientFields[f].Str; p != nil {
		*p(c) = v
		c.Has |= 1 << f
	}
}

// BeginsField tells the first letters of a field's key, or all of them.
func BeginsField(s string) bool {
	for i := range clientFields {
		if strings.HasPrefix(clientFields[i].Key, s) {
			return s != ""
		}
	}
	return false
}
