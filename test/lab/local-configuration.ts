import type { Service } from './placement.ts';

/** A LocalConfiguration.xml as an installation's own service has it: made up, in the product's shape. */
export function localConfiguration({ base, folder }: Service, id: number): string {
  const title = folder.replaceAll('-', ' ').replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  return `<?xml version="1.0" encoding="UTF-8"?>
<configuration>
  <core><id>${id}</id></core>
  <node>
    <object key="k0001" name="Administration Service" trans="t0001" ver="50600">
      <attribute name="mAllInterfaces" type="boolean" value="false"/>
      <attribute name="mPort" type="integer" value="9300"/>
      <attribute name="mHost" type="string" value="administration"/>
    </object>
    <object key="k000${id + 1}" name="${title} 1" trans="t000${id + 1}" ver="50600">
      <attribute name="mId" type="integer" value="${id}"/>
      <attribute name="mHost" type="string" value="${base}"/>
    </object>
  </node>
</configuration>
`;
}
