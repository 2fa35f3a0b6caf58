/** YAML as people write it: what a careless editor would lose. Each is valid, and one document. */
export const nastyTexts: Readonly<Record<string, string>> = {
  compose: `# Managed by ops. Ask before you change it.
version: "3.7"   # must equal the other files'

x-common: &common
    restart: always     # odd width

services:

  # the policy service
  policy:
    image: 'registry.example/da/policy:6.0.5'   # keep
    hostname: policy
    ports: [{target: 9301, published: 9301, mode: host}, "9400:9400"]
    environment:
    - A=1
    # indentless list
    - B='two'
    deploy:
      placement: {constraints: ["node.labels.da-policy == true"]}
    # deeper than the next key

  # commented out:
  #   gone:
  #     image: x
  auth:
    <<: *common
    image: "registry.example/da/auth:6.0.5"
    command: >-
      serve
      --all

    labels:
      "quoted key": 'it''s'
      on: "yes"
      8080: number
  empty:
networks:
  da-net: {driver: overlay}   # flow
  other: {}
# the end
`,
  windows:
    '\uFEFFversion: "3.7"\r\nservices:\r\n    web:\r\n        image: a:1 # tag\r\n\r\n        text: |\r\n            one\r\n              two\r\n\r\n    db: {image: "b:1", ports: [1, 2]}\r\n    # last\r\nlist:\r\n    - a\r\n    -   b: 1\r\n        c: 2',
  noEnd: 'a:\n  - x: 1\n    # about y\n    y: 2\n  - - deep\n    - deeper\nb: |\n  text\nc: last',
  marked: `%YAML 1.2
---
# head
one: 1
two:
   three: "a\\tb"
   four: plain text
     over two lines
   five: 'single

     with a gap'
? six
: explicit
...
# behind the end
`,
  json: `{
  "name": "web",
  "ports": [80, 443],
  "deep": { "a": { "b": null } },
  "list": [
    "one",
    { "two": 2 }
  ]
}
`,
  flow: `{a: 1, b: [x, y, # why
   z], c: {d: , e}, # behind
   f: {
     g: 1, # one
     h: 2,
   }, i: [[1], {}, []]}
`,
  blocks: `keep: |+
  text


strip: |-
  a

  b
indent: |2
    two more
folded: >
  one
  two

  three

# comment
"last": >+
  x

`,
  list: `# a list
- name: one   # first
  # about value
  value: 1

- name: two
  value: 2
-
  name: three
- [a, b]
-
- plain
- - 1
  -   2
`,
  unindented: `key:
- a: 1
  b:
  - x
  # in between

  - y
-key: -1
" spaced ": yes
~: null key
empty list: []
empty: {}
nothing: ~
`,
  anchors: `base: &base
  image: x:1
  env: &env {A: 1}
one:
  <<: *base
  env: *env
two:
  <<: [*base]
  image: &tag "x:2"
three: *tag
`,
  bare: '# nothing but a comment\n',
  nothing: '',
};
