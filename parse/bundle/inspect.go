package bundle

import (
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
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
	// they need, and their share of samples.
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
	First, Records int64              // number of its first record, from 1, and how many
	From, To       time.Time          // zero where no record told its time
	Members        []MemberInspection // that the segments before do not have
}

// A MemberInspection describes one row group, with its share of the end of its file.
type MemberInspection struct {
	Name, Table string
	Group       int // of the file, from 0
	Rows, Bytes int64
	SHA256      string // as in the manifest
	OK          bool   // the bytes have it, and so has the file's end
}

// A JournalInspection describes the records not yet in a segment.
type JournalInspection struct {
	Name           string
	Records, Bytes int64
}

// Inspect reads a bundle from end to end, checks every hash, decodes every record and holds
// what the manifest says of times and counts against them. An error means that not even the manifest could be read; what is wrong further in is
// Inspection.Err.
func Inspect(path string) (*Inspection, error) {
	b, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	in := &Inspection{Format: b.man.Format, Live: b.journal != nil}
	in.members(b)
	if z, ok := b.files.(*zipFiles); ok && in.Err == nil {
		if err := z.verify(b.man); err != nil {
			in.Err = &record.InputError{Pos: record.Pos{File: b.base}, Msg: "bundle is not as it was written", Err: err}
		}
	}
	var all segment.Tally
	var span record.Meta
	sealed := make([]segment.Tally, len(b.man.Segments))
	journaled := int64(0)
	for b.Scan() {
		all.Add(b.Record())
		noteTime(&span, b.Record().Base().At)
		if b.within != nil {
			sealed[b.seg-1].Add(b.Record())
		}
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
	for k, n := range all.Kinds {
		if n > 0 {
			in.Kinds = append(in.Kinds, KindCount{record.Kind(k), n})
		}
	}
	if b.err == nil {
		b.err = b.checkClaims(sealed, &span)
	}
	if b.err != nil && in.Err == nil {
		in.Err = b.err
	}
	in.Origin, in.Warnings = b.Origin(), b.Warnings()
	return in, nil
}

// members checks the hash of every row group and of the end of every file.
func (in *Inspection) members(b *Bundle) {
	fail := func(s *segmentInfo, err error) {
		if err != nil && in.Err == nil {
			in.Err = &record.InputError{Pos: record.Pos{File: b.base, Sample: s.First}, Msg: "bundle is damaged", Err: err}
		}
	}
	tails, seen := map[int]error{}, map[[2]int]bool{}
	for i := range b.man.Segments {
		s := &b.man.Segments[i]
		out := SegmentInspection{First: s.First, Records: s.Records, From: segment.TimeOf(s.FromUs), To: segment.TimeOf(s.ToUs)}
		for _, p := range s.Parts {
			f := &b.man.Files[p.File]
			if _, ok := tails[p.File]; !ok {
				_, tails[p.File] = read(b.files, f, len(f.Groups))
				fail(s, tails[p.File])
				in.count(s, f.Table, f.Bytes-f.at(len(f.Groups)))
			}
			if seen[[2]int{p.File, p.Group}] {
				continue
			}
			seen[[2]int{p.File, p.Group}] = true
			g := &f.Groups[p.Group]
			_, err := read(b.files, f, p.Group)
			fail(s, err)
			out.Members = append(out.Members, MemberInspection{f.Name, f.Table, p.Group, g.Rows, g.Bytes, g.SHA256, err == nil && tails[p.File] == nil})
			in.count(s, f.Table, g.Bytes)
		}
		in.Infos += kindCount(s, record.KindInfo)
		in.Segments = append(in.Segments, out)
	}
}

func kindCount(s *segmentInfo, k record.Kind) int64 {
	return min(max(s.Kinds[k.String()], 0), s.Records) // nobody checks them
}

// count adds bytes of a segment's table to what CLIENT LIST and INFO take.
func (in *Inspection) count(s *segmentInfo, table string, bytes int64) {
	switch segment.Of(table).Kind {
	case record.KindClients:
		in.ClientBytes += bytes
	case record.KindInfo:
		in.InfoBytes += bytes
	case 0:
		in.ClientBytes += bytes * kindCount(s, record.KindClients) / s.Records
		in.InfoBytes += bytes * kindCount(s, record.KindInfo) / s.Records
	}
}
