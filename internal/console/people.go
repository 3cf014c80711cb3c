package console

import (
	"crypto/sha256"

	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/capability"
)

// role is what a person may do in the console.
type role string

// The roles. All see what agents may do, the state of the server, and that calls wait.
const (
	approvers role = "approver" // also sees the text of calls that wait, and decides about those of their levels
	operators role = "operator" // also freezes agents
	auditors  role = "auditor"  // changes nothing
)

// person is who signed in to the console.
type person struct {
	Role     role
	Name     string // "" of an operator: the admin key belongs to no named person
	KeyID    string // "" for who came by a link
	key      [sha256.Size]byte
	email    string // of who signed in with the company's login
	approver *capability.Approver
}

// Called names a person for the person.
func (p *person) Called() string {
	switch {
	case p.KeyID == "":
		return "by a link"
	case p.Name == "":
		return "admin key"
	}
	return p.Name
}

// recognize finds whose key it is, by its SHA-256, under the rules in force now.
func (k *Console) recognize(digest [sha256.Size]byte) (*person, bool) {
	rules := k.Rules()
	if who, id, ok := rules.ApproverOf(digest); ok {
		return &person{Role: approvers, Name: who.Name, KeyID: id, key: digest, approver: who}, true
	}
	if name := k.Demo[digest]; name != "" {
		if who, id, ok := rules.ApproverNamed(name); ok {
			return &person{Role: approvers, Name: who.Name, KeyID: id, key: digest, approver: who}, true
		}
	}
	if name, id, ok := rules.Auditor(digest); ok {
		return &person{Role: auditors, Name: name, KeyID: id, key: digest}, true
	}
	if k.Operator != nil && k.Operator.Is(digest) {
		return &person{Role: operators, KeyID: k.Operator.ID(), key: digest}, true
	}
	return nil, false
}

// known finds the approver with a verified address under the rules in force now.
func (k *Console) known(email string) (*person, bool) {
	who, id, ok := k.Rules().ApproverByEmail(email)
	if !ok {
		return nil, false
	}
	return &person{Role: approvers, Name: who.Name, KeyID: id, email: email, approver: who}, true
}

// stillIs returns the person under the rules in force now: a key that is no longer in the file opens nothing.
func (k *Console) stillIs(p *person) (*person, bool) {
	switch {
	case p.KeyID == "":
		return p, true
	case p.email != "":
		return k.known(p.email)
	}
	now, ok := k.recognize(p.key)
	return now, ok && now.Role == p.Role
}

// desk returns what an approver decides with.
func (k *Console) desk(v *visit) *approver.Session {
	return &approver.Session{Rules: v.rules, Who: v.who.approver, KeyID: v.who.KeyID, Store: k.Approvals, Reviewer: k.Reviewer, Sender: k.Sender}
}
