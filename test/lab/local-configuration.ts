import type { Service } from './placement.ts';

/**
 * A LocalConfiguration.xml as an installation's own service has it: made up, in the product's shape. Several
 * objects have attributes of the same names; its own object is the one whose `mId` is the core id.
 * @param index 0 for the manager; the files of the second host have CRLF line ends and a byte order mark, those of
 *   the third no line end at their end, and look-alikes in comments and CDATA
 */
export function localConfiguration(service: Service, id: number, index: number): string {
  const title = service.folder.replaceAll('-', ' ').replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  const input = { name: service.base, title: `${title} 1`, id };
  switch (index % 3) {
    case 0:
      return plain(input);
    case 1:
      return `\uFEFF${spaced(input).replaceAll('\n', '\r\n')}`;
    default:
      return misleading(input).trimEnd();
  }
}

interface Own {
  readonly name: string;
  readonly title: string;
  readonly id: number;
}

function plain({ name, title, id }: Own): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- Written by the administration service; the ids are those of its page. -->
<configuration>
  <core><id>${id}</id></core>
  <node>
    <object key="k0001" name="Administration Service" trans="t0001" ver="50600">
      <attribute name="mAllInterfaces" type="boolean" value="false"/>
      <attribute name="mPort" type="integer" value="9300"/>
      <attribute name="mHost" type="string" value="administration"/>
    </object>
    <object key="k00${id + 10}" name="${title}" trans="t00${id + 10}" ver="50600">
      <attribute name="mId" type="integer" value="${id}"/>
      <attribute name="mHost" type="string" value="${name}"/>
      <attribute name="mPort" type="integer" value="8080"/>
    </object>
    <object key="k0099" name="Log Service" trans="t0099" ver="50600">
      <attribute name="mId" type="integer" value="${id + 90}"/>
      <attribute name="mHost" type="string" value="localhost"/>
    </object>
  </node>
</configuration>
`;
}

function spaced({ name, title, id }: Own): string {
  return `<?xml version='1.0' encoding='UTF-8'?>
<configuration>
\t<core>
\t\t<id> ${id} </id>
\t</core>
\t<node>
\t\t<object key='k00${id + 10}' name="${title}" trans="t00${id + 10}" ver="50600" >
\t\t\t<attribute name="mHost"  type="string"
\t\t\t           value='${name}' />
\t\t\t<attribute name = "mId" type = "integer" value = "${id}"></attribute>
\t\t\t<attribute name="mBanner" type="string" value="Välkommen &amp; &quot;hej&quot; &#x2013; Örebro"/>
\t\t</object>

\t\t<object ver="50600" trans="t0001" name='Administration Service' key="k0001">
\t\t\t<attribute name="mHost" value="administration" type="string"/>
\t\t\t<attribute value="9300" name="mPort" type="integer"/>
\t\t\t<attribute name="mAllInterfaces" type="boolean" value="false"/>
\t\t</object>
\t</node>
</configuration>
`;
}

function misleading({ name, title, id }: Own): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<configuration>
  <!-- <core><id>${id}</id></core> was the old place -->
  <core><!-- of this node --><id>${id}</id></core>
  <node>
    <object key="k0001" name="Administration Service" trans="t0001" ver="50600">
      <!-- <attribute name="mHost" type="string" value="192.0.2.1"/> -->
      <attribute name="mHost" type="string" value="administration"/>
      <attribute name="mPort" type="integer" value="9300"/>
    </object>
    <object key="k00${id + 10}" name="${title}" trans="t00${id + 10}" ver="50600">
      <attribute name="mId" type="integer" value="${id}"/><attribute name="mHost" type='string' value='${name}'/>
      <note><![CDATA[<attribute name="mHost" type="string" value="example"/>]]></note>
    </object>
    <!--
    <object key="k00${id + 10}" name="${title}">
      <attribute name="mId" type="integer" value="${id}"/>
    </object>
    -->
  </node>
</configuration>
`;
}
