import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { secret } from '../../lib/secret.ts';
import {
  copyFile,
  fileAbsent,
  fileState,
  plainText,
  textFile,
  xmlFile,
  xmlValues,
} from '../../lib/tasks/files/index.ts';
import { isKnown, unknown } from '../../lib/unknown.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary } from '../canary/canary.ts';
import { folderOf, on, rig } from './here.ts';
import { onHosts } from './rig.ts';

const isRoot = process.getuid?.() === 0;

const folder = (t: Test) => folderOf(t, 'dabook xml ');

const marker = canary('password');
mayHold(marker, /\.xml$/);

/** As an installation has it: a byte order mark, CRLF, odd blanks, look-alikes, a password, no line end at the end. */
const configuration = [
  "\uFEFF<?xml version='1.0' encoding='UTF-8'?>",
  '<configuration>',
  '\t<core>',
  '\t\t<id> 5 </id><!-- <id>6</id> -->',
  '\t</core>',
  '\t<node>',
  '\t\t<object key="k1" name="Administration Service" >',
  '\t\t\t<attribute name="mHost"   type="string" value="administration"/>',
  `\t\t\t<attribute name='mPassword' value='${marker}'/>`,
  '\t\t</object>',
  '\t\t<object key="k2" name="Policy &amp; Co">',
  '\t\t\t<attribute name="mHost" type="string" value="policy"/>',
  '\t\t\t<attribute value = "5" name="mId" type="integer"></attribute>',
  '\t\t</object>',
  '\t</node>',
  '</configuration>',
].join('\r\n');

const ofPolicy = (name: string) => `//object[@name="Policy & Co"]/attribute[@name="${name}"]/@value`;
const coreId = { name: 'core id', at: 'configuration/core/id' };
const mHost = { name: 'mHost', at: ofPolicy('mHost') };
const mId = { name: 'mId', at: ofPolicy('mId') };

function written(t: Test, text = configuration): string {
  const path = join(folder(t), "local'configuration.xml");
  writeFileSync(path, text);
  return path;
}

t.test('xmlFile', async (t) => {
  t.test('three values: foreseen, written, and then nothing to do', async (t) => {
    const path = written(t);
    chmodSync(path, 0o640);
    if (isRoot) chownSync(path, 12345, 23456);
    const task = () =>
      xmlFile({
        path,
        set: [
          { ...coreId, value: 6 },
          { ...mHost, value: 'policy1' },
          { ...mId, value: 6 },
        ],
      });

    const check = await on(task(), { check: true });
    t.same(check.statuses, ['would-change']);
    t.same(check.changes, [
      { path: 'core id', op: 'change', from: '5', to: '6' },
      { path: 'mHost', op: 'change', from: 'policy', to: 'policy1' },
      { path: 'mId', op: 'change', from: '5', to: '6' },
    ]);
    t.equal(readFileSync(path, 'utf8'), configuration, 'check mode writes nothing');

    const apply = await on(task());
    t.same(apply.statuses, ['changed']);
    t.same(apply.planned, check.planned);
    t.equal(apply.performed.length, 1);
    const expected = configuration
      .replace(' 5 ', ' 6 ')
      .replace('"policy"', '"policy1"')
      .replace('"5"', '"6"');
    t.equal(readFileSync(path).compare(Buffer.from(expected)), 0, 'all else is as it was, to the byte');
    t.equal(statSync(path).mode & 0o7777, 0o640);
    if (isRoot) t.match(statSync(path), { uid: 12345, gid: 23456 });
    t.match(apply.result, { 'core id': '6', mHost: 'policy1', mId: '6' });
    t.same(Object.keys(apply.result ?? {}).sort(), ['core id', 'mHost', 'mId']);
    t.notMatch(JSON.stringify([check.events, apply.events]), marker, 'no other text of the file is told');

    utimesSync(path, 1000, 1000);
    const again = await on(task());
    t.same(again.statuses, ['ok']);
    t.equal(statSync(path).mtimeMs, 1_000_000);
    t.same(readdirSync(join(path, '..')).length, 1, 'nothing is left beside it');
  });

  t.test('a value without a name is called by its locator', async (t) => {
    const path = written(t);
    const { changes } = await on(xmlFile({ path, set: [{ at: '//core/id', value: '6' }] }));
    t.same(changes, [{ path: '//core/id', op: 'change', from: '5', to: '6' }]);
  });

  t.test('what only the apply knows is shown so, and the rest is foreseen', async (t) => {
    const path = written(t);
    const id = unknown('id of policy1');
    const task = xmlFile({
      path,
      set: [
        { ...coreId, value: id },
        { ...mHost, value: 'policy1' },
      ],
    });
    const check = await on(task, { check: true });
    t.same(check.statuses, ['would-change']);
    t.same(check.changes, [
      { path: 'core id', op: 'change', from: '5', to: '(known after apply)' },
      { path: 'mHost', op: 'change', from: 'policy', to: 'policy1' },
    ]);
    const { error } = await on(task);
    t.match(error, { code: 'bug', message: 'a step would send id of policy1, which is not known' });
    t.equal(readFileSync(path, 'utf8'), configuration);
    const elsewhere = xmlFile({ path, set: [{ at: '//attribute/@value', value: id }] });
    t.match((await on(elsewhere, { check: true })).error, { code: 'refused', message: /leads to 4 places/ });
  });

  t.test('tasks on one file build on one another in a check', async (t) => {
    const path = written(t);
    const check = await onHosts(
      rig,
      async ([here]) => {
        const [first, second, third] = await here.run([
          xmlFile({ path, set: [{ ...coreId, value: 6 }] }),
          xmlFile({ path, set: [{ ...mHost, value: 'policy1' }] }),
          xmlFile({
            path,
            set: [
              { ...coreId, value: 6 },
              { ...mHost, value: 'policy1' },
            ],
          }),
        ]);
        const values = await here.read(
          xmlValues(path, { id: '//core/id', hosts: '//@value', none: '//none' }),
        );
        const file = await here.read(textFile(path));
        const { sha256 } = await here.read(fileState(path));
        return { changed: [first, second, third].map(({ changed }) => changed), values, file, sha256 };
      },
      { check: true },
    );
    t.same(check.statuses, ['would-change', 'would-change', 'ok']);
    t.same(check.result?.changed, [true, true, false]);
    t.same(check.result?.values, { id: ['6'], hosts: ['administration', marker, 'policy1', '5'], none: [] });
    const { file } = check.result ?? {};
    const text = configuration.replace(' 5 ', ' 6 ').replace('"policy"', '"policy1"');
    t.equal(file && isKnown(file) ? plainText(file) : undefined, text);
    t.equal(file && isKnown(file) ? file.sha256 : undefined, check.result?.sha256);
    t.equal(readFileSync(path, 'utf8'), configuration);
  });

  t.test('a file that an earlier task of the check makes', async (t) => {
    const path = join(folder(t), 'new.xml');
    const work = { check: true };
    const { statuses, changes } = await onHosts(
      rig,
      ([here]) =>
        here.run([
          copyFile({ content: '<a b="1"/>\n', dest: path }),
          xmlFile({ path, set: [{ name: 'b', at: 'a/@b', value: 2 }] }),
          fileAbsent({ path }),
          xmlFile({ path, set: [{ name: 'b', at: 'a/@b', value: 2 }] }),
        ]),
      work,
    );
    t.same(statuses, ['would-change', 'would-change', 'would-change', 'failed']);
    t.match(
      changes.find(({ path }) => path === 'b'),
      { from: '1', to: '2' },
    );
  });

  t.test('a secret is told nowhere, nor is what was there before', async (t) => {
    const path = written(t);
    const other = `a pass phrase ${canary('new password')}`;
    mayHold(other, /\.xml$/);
    const at = '//attribute[@name="mPassword"]/@value';
    const task = xmlFile({ path, set: [{ name: 'password', at, value: secret('password', other) }] });
    const { changes, events, statuses } = await on(task);
    t.same(statuses, ['changed']);
    t.same(changes, [{ path: 'password', op: 'change', from: '<password>', to: '<password>' }]);
    t.notMatch(JSON.stringify(events), marker);
    t.notMatch(JSON.stringify(events), other);
    t.equal(readFileSync(path, 'utf8'), configuration.replace(marker, other));
    t.same((await on(task)).statuses, ['ok']);
    const spoilt = xmlFile({
      path,
      set: [{ name: 'password', at, value: secret('password', `${other}\n`) }],
    });
    const { error } = await on(spoilt);
    t.match(error, { code: 'refused', message: /control character/ });
    t.notMatch(error?.message, other);
  });

  t.test('what it refuses, with the path', async (t) => {
    const dir = folder(t);
    const at = (name: string) => join(dir, name);
    mkdirSync(at('folder'));
    symlinkSync('broken.xml', at('link.xml'));
    writeFileSync(at('broken.xml'), '<a>\n<b></a>');
    writeFileSync(at('latin.xml'), Buffer.from('<a b="\xe9"/>', 'latin1'));
    writeFileSync(at('good.xml'), '<a><b/><b/></a>');
    const refused: [string, string, RegExp][] = [
      ['missing.xml', 'a', /missing\.xml does not exist$/],
      ['folder', 'a', /folder is a folder$/],
      ['link.xml', 'a', /link\.xml is a symbolic link$/],
      ['broken.xml', 'a', /broken\.xml:2:\d+: this is no well-formed XML: /],
      ['latin.xml', 'a/@b', /latin\.xml is no text in UTF-8$/],
      ['good.xml', 'a/b', /good\.xml: a\/b leads to 2 places, not to one: line 1$/],
      ['good.xml', 'a/c', /good\.xml: a\/c leads nowhere: a is there \(line 1\), but not \/c below it$/],
    ];
    for (const [name, locator, message] of refused) {
      const task = xmlFile({ path: at(name), set: [{ at: locator, value: 'x' }] });
      for (const check of [true, false]) {
        const { error, performed } = await on(task, { check });
        t.match(error, { code: 'refused', message, hint: /./ }, name);
        t.same(performed, []);
      }
    }
  });

  t.test('what is wrong in the playbook is found before any host is asked', async (t) => {
    const path = '/opt/a.xml';
    const wrong = (set: Parameters<typeof xmlFile>[0]['set'], message: RegExp, where = path) =>
      t.throws(() => xmlFile({ path: where, set }), { code: 'playbook', message });
    wrong([{ at: '//object[1]', value: 1 }], /\/\/object\[1\] is not understood/);
    wrong([{ at: 'a', value: Number.NaN }], /the value of a is NaN/);
    wrong(
      [
        { at: 'a', value: 1 },
        { at: 'a', value: 2 },
      ],
      /two values of \/opt\/a\.xml are called a/,
    );
    wrong([{ at: 'a', value: 1 }], /no absolute path/, 'a.xml');
    t.throws(() => xmlValues(path, { id: 'a[' }), { code: 'playbook', message: /a\[ is not understood/ });
  });
});

t.test('xmlValues', async (t) => {
  const path = written(t);
  const read = (at: string) => onHosts(rig, ([here]) => here.read(xmlValues(path, { found: at })));
  t.same((await read('//object[attribute[@name="mId"]/@value="5"]/@key')).result, { found: ['k2'] });
  t.same((await read('//attribute[@name="mHost"]/@value')).result, { found: ['administration', 'policy'] });
  t.same((await read('//nothing')).result, { found: [] });
  t.match((await read('//node')).error, {
    code: 'refused',
    message: /configuration\.xml: \/\/node leads to <node>/,
  });
  rmSync(path);
  t.match((await read('//node')).error, { code: 'refused', message: `${path} does not exist` });
});
