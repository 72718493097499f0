package parse

import (
	"iter"
	"slices"
)

// A SlotRule says how a server counts connections against its limit, and what INFO tells
// of it.
type SlotRule struct {
	Family   Family
	Since    [2]int // major and minor version from which the rule holds
	LimitKey string // INFO's key for the limit; empty = CONFIG GET maxclients alone tells
	Replicas bool   // replicas take slots and are not in connected_clients
	Links    bool   // links of the cluster bus, cluster_connections, take slots
	Refused  bool   // rejected_connections counts refusals
	Known    Evidence
	Note     string
}

// slotRules is the table of the rules; of a family, the last that holds counts.
//
// Source of the first ones: acceptCommonHandler in Redis' networking.c. It admits exactly
// maxclients connections in all versions: before 6.0 the client is made first and refused
// when the number is > maxclients, from 6.0 on it is refused beforehand when the number is
// >= maxclients. INFO prints listLength(clients) - listLength(slaves) as connected_clients,
// so that a full server of 80 with one replica shows 79 and 1.
var slotRules = [...]SlotRule{
	{FamilyRedis, [2]int{2, 4}, "", true, false, true, Recorded, "refused when one more than maxclients"},
	{FamilyRedis, [2]int{6, 0}, "", true, true, true, Recorded, "refused at maxclients; INFO does not print cluster_connections yet"},
	{FamilyRedis, [2]int{6, 2}, "maxclients", true, true, true, Recorded, "refused at maxclients, with cluster_connections"},
	{FamilyValkey, [2]int{7, 2}, "maxclients", true, true, true, Recorded, "as Redis 7.2"},
	{FamilyKeyDB, [2]int{6, 2}, "maxclients", true, true, true, Recorded, "as Redis 6.2"},
	{FamilyAzure, [2]int{4, 0}, "maxclients", true, true, true, Documented, "as Redis"},
	{FamilyDragonfly, [2]int{}, "max_clients", false, false, false, FromSource, "connected_clients holds replicas, too; rejected_connections is always -1"},
	{FamilyKvrocks, [2]int{}, "maxclients", false, false, false, FromSource, "prints no rejected_connections; that connected_clients holds replicas, too, was not checked"},
	{FamilyGarnet, [2]int{}, "", false, false, false, FromSource, "connected_clients is 0 unless its metrics are on; the limit is an option of its listener"},
}

// SlotRules gives the table of the rules.
func SlotRules() iter.Seq[SlotRule] { return slices.Values(slotRules[:]) }

// Slots gives the rule of a server. One that is not known is taken for a recent Redis.
func (id Identity) Slots() SlotRule {
	family := id.Family
	if family == FamilyUnknown {
		family = FamilyRedis
	}
	var rule SlotRule
	for _, r := range slotRules {
		if r.Family == family && (rule.Family == FamilyUnknown || id.AtLeast(r.Since[0], r.Since[1])) {
			rule = r
		}
	}
	return rule
}
