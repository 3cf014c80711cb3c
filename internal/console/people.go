package console

import (
	"crypto/sha256"

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

// people finds who may use the console, under the rules in force now.
type people struct{ config *Config }

// recognize finds whose key it is, by its SHA-256.
func (p people) recognize(digest [sha256.Size]byte) (*person, bool) {
	rules := p.config.Rules()
	if who, id, ok := rules.ApproverOf(digest); ok {
		return &person{Role: approvers, Name: who.Name, KeyID: id, key: digest, approver: who}, true
	}
	if name := p.config.Demo[digest]; name != "" {
		if who, id, ok := rules.ApproverNamed(name); ok {
			return &person{Role: approvers, Name: who.Name, KeyID: id, key: digest, approver: who}, true
		}
	}
	if name, id, ok := rules.Auditor(digest); ok {
		return &person{Role: auditors, Name: name, KeyID: id, key: digest}, true
	}
	if p.config.Operator != nil && p.config.Operator.Is(digest) {
		return &person{Role: operators, KeyID: p.config.Operator.ID(), key: digest}, true
	}
	return nil, false
}

// known finds the approver with a verified address.
func (p people) known(email string) (*person, bool) {
	who, id, ok := p.config.Rules().ApproverByEmail(email)
	if !ok {
		return nil, false
	}
	return &person{Role: approvers, Name: who.Name, KeyID: id, email: email, approver: who}, true
}

// stillIs returns the person under the rules in force now: a key that is no longer in the file opens nothing.
func (p people) stillIs(one *person) (*person, bool) {
	switch {
	case one.KeyID == "":
		return one, true
	case one.email != "":
		return p.known(one.email)
	}
	now, ok := p.recognize(one.key)
	return now, ok && now.Role == one.Role
}
