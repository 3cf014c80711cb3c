package gate_test
import ("testing";"time";"fmt")
func TestExplore(t *testing.T){
 s:=time.Now(); h:=seeded(t); fmt.Println(time.Since(s), len(h.conversations), len(h.users))
 in:=map[string]int{}
 for i:=range h.conversations{ c:=&h.conversations[i]; k:="none"; if c.Queue!=nil{k=string(c.Queue.ID)}; in[k]++
  if c.Link!=nil { p:=h.conversation(c.Link.ParentID); q1,q2:=inQueue(c,billing),inQueue(p,billing); if q1!=q2 && i<1600 {fmt.Println("link",c.ID,q1,p.ID,q2,c.Type,p.Type)} } }
 fmt.Println(in)
 s=time.Now(); b:=newBed(t,"version: 1\nagents: {a: {access: {\"*\": read}}}"); fmt.Println(b.call("a","get_conversation",`{"conversationId":1077}`).Text); fmt.Println(b.call("a","list_messages",`{"conversationId":1077}`).Text); fmt.Println(time.Since(s))
 fmt.Println(b.call("a","list_messages",`{"conversationId":1234}`).Text[:600])
 fmt.Println(b.call("a","list_custom_attributes",`{}`).Text)
}
