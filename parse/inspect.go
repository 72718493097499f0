package parse

import (
	"time"

	"github.com/connbox/connbox/parse/record"
)

// An Inspection is what a bundle holds, as its manifest says and its bytes confirm.
type Inspection struct {
	Origin   record.Origin
	Format   int
	Live     bool        // a folder: being recorded, or broken off
	Records  int64       // in segments and journal
	Kinds    []KindCount // those that occur, in order of Kind
	Segments []SegmentInspection
	Journal  *JournalInspection // of a folder
	Warnings []string
	// Err is the first thing that is wrong with the content, nil if all of it was read.
	Err error

	// What the sealed segments spend on CLIENT LIST and on INFO, bytes: the tables that only
	// they need, and their share of samples. Texts and numbers count for INFO.
	ClientRows, ClientBytes int64
	Infos, InfoBytes        int64
}

// A KindCount says how many records of a kind there are.
type KindCount struct {
	Kind record.Kind
	N    int64
}

// A SegmentInspection describes one segment.
type SegmentInspection struct {
	First, Records int64     // number of its first record, from 1, and how many
	From, To       time.Time // zero where no record told its time
	Members        []MemberInspection
}

// A MemberInspection describes one table's file.
type MemberInspection struct {
	Name, Table string
	Rows, Bytes int64
	SHA256      string // as in the manifest
	OK          bool   // the bytes have it
}

// A JournalInspection describes the records not yet in a segment.
type JournalInspection struct {
	Name           string
	Records, Bytes int64
}

// count adds a segment's rows and bytes to what CLIENT LIST and INFO take.
func (in *Inspection) count(s *segmentInfo) {
	of := func(k record.Kind) int64 { return min(max(s.Kinds[k.String()], 0), s.Records) } // nobody checks them
	infos, lists := of(record.KindInfo), of(record.KindClients)
	in.Infos += infos
	for _, m := range s.Members {
		switch m.Table {
		case tableLists, tableClients, tableSpells:
			in.ClientBytes += m.Bytes
		case tableNumbers, tableTexts, tableInfo:
			if infos > 0 {
				in.InfoBytes += m.Bytes
			}
		case tableSamples:
			in.ClientBytes += m.Bytes * lists / s.Records
			in.InfoBytes += m.Bytes * infos / s.Records
		}
	}
}

// Inspect reads a bundle from end to end, checks the hash of every member and decodes
// every record. An error means that not even the manifest could be read; what is wrong
// further in is Inspection.Err.
func Inspect(path string) (*Inspection, error) {
	b, err := OpenBundle(path)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	in := &Inspection{Format: b.man.Format, Live: b.journal != nil}
	for i := range b.man.Segments {
		s := &b.man.Segments[i]
		out := SegmentInspection{First: s.First, Records: s.Records,
			From: microTime(s.FromUs), To: microTime(s.ToUs)}
		for j := range s.Members {
			m := &s.Members[j]
			_, err := readMember(b.files, m)
			out.Members = append(out.Members, MemberInspection{m.Name, m.Table, m.Rows, m.Bytes, m.SHA256, err == nil})
			if err != nil && in.Err == nil {
				in.Err = &record.InputError{Pos: record.Pos{File: b.base, Sample: s.First}, Msg: "bundle is damaged", Err: err}
			}
		}
		in.Segments = append(in.Segments, out)
		in.count(s)
	}
	var kinds [record.NumKinds]int64
	journaled := int64(0)
	for b.Scan() {
		kinds[b.Record().Kind()]++
		in.Records++
		if b.seg == len(b.man.Segments) && b.cur == nil {
			journaled++
		} else if c, ok := b.Record().(*record.Clients); ok {
			in.ClientRows += int64(len(c.Rows))
		}
	}
	if in.Live {
		in.Journal = &JournalInspection{Name: b.man.Journal, Records: journaled, Bytes: b.journal.at}
	}
	for k, n := range kinds {
		if n > 0 {
			in.Kinds = append(in.Kinds, KindCount{record.Kind(k), n})
		}
	}
	if b.err != nil && in.Err == nil {
		in.Err = b.err
	}
	in.Origin, in.Warnings = b.Origin(), b.Warnings()
	return in, nil
}
