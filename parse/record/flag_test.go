package record

import (
	"testing"
)

func TestFlags(t *testing.T) {
	at := func(f Family, version string) Identity { return Identity{Family: f, Version: version} }
	for _, c := range []struct {
		id      Identity
		letters string
		want    Properties
		unknown string
	}{
		{at(FamilyRedis, "7.0.15"), "N", 0, ""},
		{at(FamilyRedis, "7.0.15"), "xb", PropMulti | PropBlocked, ""},
		{at(FamilyRedis, "7.0.15"), "PU", PropPubSub | PropUnix, ""},
		{at(FamilyRedis, "4.0.14"), "P", 0, "P"}, // never printed there
		{at(FamilyRedis, "5.0.14"), "P", PropPubSub, ""},
		{at(FamilyRedis, "7.4.1"), "IC", 0, "IC"},
		{at(FamilyRedis, "7.9.224"), "IC", PropInternal | PropRDBChannel, ""},
		{at(FamilyRedis, "8.0.6"), "SIC", PropReplica | PropInternal | PropRDBChannel, ""},
		{at(FamilyRedis, "8.4.0"), "go", PropSlotExport | PropSlotImport, ""},
		{at(FamilyRedis, "8.2.0"), "giE", 0, "giE"},
		{at(FamilyValkey, "8.0.1"), "I", 0, "I"},
		{at(FamilyValkey, "8.1.1"), "I", PropImportSource, ""},
		{at(FamilyValkey, "8.1.1"), "iE", 0, "iE"},
		{at(FamilyValkey, "9.0.0"), "iE", PropSlotImport | PropSlotExport, ""},
		{at(FamilyValkey, "9.0.0"), "gC", 0, "gC"},
		{at(FamilyValkey, "255.255.255"), "eTI", PropNoEvict | PropNoTouch | PropImportSource, ""},
		{at(FamilyKeyDB, "6.3.4"), "BtR", PropBroadcast | PropTracking | PropBrokenRedirect, ""},
		{at(FamilyKeyDB, "6.3.4"), "e", 0, "e"},
		{at(FamilyAzure, "6.0.14"), "SM", PropReplica | PropPrimary, ""},
		{at(FamilyKvrocks, "2.10.0"), "M", PropMonitor, ""},
		{at(FamilyKvrocks, "2.10.0"), "AO", PropAsking, "O"},
		{at(FamilyGarnet, "1.0.61"), "MP", PropPrimary | PropPubSub, ""},
		{at(FamilyGarnet, "1.0.61"), "bb\xff", 0, "b\xff"},
		{at(FamilyDragonfly, "1.25.1"), "bP", PropBlocked | PropPubSub, ""},
		{Identity{}, "SbP", PropReplica | PropBlocked | PropPubSub, ""},
		{Identity{}, "I", 0, "I"}, // Redis and Valkey do not agree
		{Identity{}, "iC", PropSlotImport | PropRDBChannel, ""},
	} {
		p, unknown := c.id.Flags(c.letters)
		if p != c.want || unknown != c.unknown {
			t.Errorf("%v %q: %v and %q, want %v and %q", c.id, c.letters, p, unknown, c.want, c.unknown)
		}
		table := c.id.FlagTable()
		if table.Of(c.letters) != p {
			t.Errorf("%v %q: the table gives %v", c.id, c.letters, table.Of(c.letters))
		}
	}
}

func TestPropertiesString(t *testing.T) {
	if s := (PropBlocked | PropSlotExport | PropMonitor).String(); s != "monitor,blocked,slot-export" {
		t.Error(s)
	}
	if s := Properties(0).String(); s != "" {
		t.Error(s)
	}
}
