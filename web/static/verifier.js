// Checks in this browser whether something is what the archive signed. Nothing is sent anywhere.
// The rules are those of pipeline/services/authenticity.py; docs/archive.md describes the formats.
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const MARK = "BANNASAR1";
  const SIGNED = "tagmanifest-sha512.txt";
  const UNLISTED = /^(tagmanifest-sha(256|512)\.txt|signatures\/[0-9a-f]{64}\.sig|withdrawn\.json)$/;
  const HASHES = { sha1: "SHA-1", sha256: "SHA-256", sha512: "SHA-512" };
  const LONGEST_CODE = 65536;
  const STATEMENT = {
    case: "string", box: "string", scans: "number", pages: "number", archived: "string", made: "string",
    manifest: "string", line: "number", head: "string", key: "string",
  };
  const keys = new Map(); // fingerprint → public key
  let language = "en";

  // --- Words ---------------------------------------------------------------------------------------------------------

  /** Returns a sentence in the chosen language. */
  function _(text) {
    return (data.words[language] || {})[text] || text;
  }

  /** Returns a number in the digits of the chosen language. */
  function number(value) {
    return language === "km" ? String(value).replace(/\d/g, (one) => "០១២៣៤៥៦៧៨៩"[one]) : String(value);
  }

  /** Marks a sentence that is translated when it is shown. */
  const later = { _: (text) => text };

  function finding(verdict, reason, more = {}) {
    return { verdict, reason, damages: [], statement: null, values: {}, ...more };
  }
  const right = (reason, more) => finding("right", reason, more);
  const changed = (reason, more) => finding("changed", reason, more);
  const unknown = (reason, more) => finding("unknown", reason, more);
  const damage = (kind, path) => ({ kind, path });
  const short = (key) => `${key.slice(0, 16)}…`;

  // --- Bytes ---------------------------------------------------------------------------------------------------------

  const utf8 = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  const latin = (bytes) => new TextDecoder("latin1").decode(bytes);
  const bytesOf = (text) => Uint8Array.from(text, (one) => one.charCodeAt(0));
  const hexOf = (bytes) => Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
  const isSame = (one, other) => hexOf(one) === hexOf(other);
  const ofBase64Url = (text) => bytesOf(atob(text.replace(/-/g, "+").replace(/_/g, "/")));

  async function digest(name, bytes) {
    return hexOf(new Uint8Array(await crypto.subtle.digest(name, bytes)));
  }

  async function isSignedBy(key, signature, content) {
    return crypto.subtle.verify({ name: "Ed25519" }, key, signature, content);
  }

  // --- The code of a certificate: BANNASAR1.STATEMENT.SIGNATURE ------------------------------------------------------

  function bare(text) {
    return text.replace(/\s+/g, "").split("#").pop();
  }

  function isStatement(text) {
    return bare(text).startsWith(`${MARK}.`);
  }

  /** Returns the statement, what was signed, and the signature; null if it is none. */
  function opened(text) {
    try {
      const parts = bare(text).split(".");
      if (parts.length !== 3 || parts[0] !== MARK) return null;
      const statement = JSON.parse(utf8(ofBase64Url(parts[1])));
      const names = Object.keys(STATEMENT);
      const isSound = Object.keys(statement).length === names.length
        && names.every((name) => typeof statement[name] === STATEMENT[name]);
      return isSound ? { statement, content: bytesOf(`${parts[0]}.${parts[1]}`), signature: ofBase64Url(parts[2]) } : null;
    } catch {
      return null;
    }
  }

  async function checkCode(text) {
    if (text.length > LONGEST_CODE || !isStatement(text)) return unknown(later._("the text is not the code of a certificate"));
    const found = opened(text);
    if (!found) return unknown(later._("the text is not the whole code of a certificate"));
    const { statement } = found;
    const key = keys.get(statement.key);
    if (!key) {
      return unknown(later._("the key {key}… that it names is not trusted"), { statement, values: { key: statement.key.slice(0, 16) } });
    }
    if (!await isSignedBy(key, found.signature, found.content)) {
      return changed(later._("its signature does not match what it says"), { statement });
    }
    return right(later._("the archive stated the following; compare it with what you have"), { statement });
  }

  // --- A bag (RFC 8493): a map from paths to { size, read } ----------------------------------------------------------

  /** Returns the digests that the bag's lists name: path → { sha512: … }. */
  async function listed(files) {
    const entries = new Map();
    for (const [name, file] of files) {
      const list = /^(?:tag)?manifest-(\w+)\.txt$/.exec(name);
      if (!list) continue;
      for (const line of utf8(await file.read()).split(/\r\n|\r|\n/)) {
        const entry = /^(\S+)\s+\*?(.+)$/.exec(line.trim());
        if (!entry || line.trim().startsWith("#")) continue;
        const path = entry[2].replace(/^(\.\/)+/, "").replace(/%0d/gi, "\r").replace(/%0a/gi, "\n").normalize("NFC");
        if (path.startsWith("/") || path.split("/").includes("..")) throw new Error("a path leads out of the bag");
        const digests = entries.get(path) || {};
        if (digests[list[1]]) throw new Error("a list names a file twice");
        digests[list[1]] = entry[1].toLowerCase();
        entries.set(path, digests);
      }
    }
    return entries;
  }

  async function damagesOf(files, progress) {
    const entries = await listed(files);
    const found = [];
    for (const path of entries.keys()) if (!files.has(path)) found.push(damage("missing", path));
    let done = 0;
    let bytes = 0;
    let payload = 0;
    for (const [path, file] of files) {
      progress(done += 1, files.size);
      if (path.startsWith("data/")) { bytes += file.size; payload += 1; }
      const digests = entries.get(path);
      // Beside data only the lists of SHA-512 count: the others are not signed, so who adds a file can add it there.
      if (!digests || (files.has(SIGNED) && !path.startsWith("data/") && !digests.sha512)) {
        if (!UNLISTED.test(path)) found.push(damage("unexpected", path));
        continue;
      }
      const content = await file.read();
      for (const [name, expected] of Object.entries(digests)) {
        if (HASHES[name] && await digest(HASHES[name], content) !== expected) {
          found.push(damage("changed", path));
          break;
        }
      }
    }
    if (found.length) return found.sort((one, other) => (one.path < other.path ? -1 : 1));
    const info = utf8(await files.get("bag-info.txt").read());
    const total = /^Payload-Oxum:\s*(\d+)\.(\d+)\s*$/m.exec(info);
    const about = utf8(await files.get("bagit.txt").read());
    const isBag = payload && /^BagIt-Version: \d+\.\d+\s+Tag-File-Character-Encoding: UTF-8\s*$/.test(about);
    if (!isBag || !total || Number(total[1]) !== bytes || Number(total[2]) !== payload) throw new Error("not as BagIt says");
    return [];
  }

  async function checkBag(files, progress) {
    let damages;
    try {
      damages = await damagesOf(files, progress);
    } catch (error) {
      if (error instanceof BrokenZip) throw error;
      damages = [damage("invalid", "")];
    }
    if (damages.length) return changed(later._("the bag is not as it was sealed"), { damages });
    const content = files.has(SIGNED) ? await files.get(SIGNED).read() : new Uint8Array();
    const names = [...files.keys()].filter((path) => /^signatures\/[^/]+\.sig$/.test(path)).map((path) => path.slice(11, -4));
    for (const name of names) {
      const key = keys.get(name);
      if (key && await isSignedBy(key, await files.get(`signatures/${name}.sig`).read(), content)) {
        return right(later._("the bag is as the archive signed it"));
      }
    }
    if (names.some((name) => keys.has(name))) {
      return changed(later._("the list of the bag's files is not the one that was signed"));
    }
    if (!names.length) return unknown(later._("the bag agrees with itself, but nobody signed it"));
    return unknown(later._("the bag is signed by {names}, which is not trusted"), { values: { names: names.map(short).join(", ") } });
  }

  /** Adds a file; two names that look the same would hide one of them. */
  function add(files, path, file) {
    const name = path.normalize("NFC");
    if (files.has(name)) throw new Error("two files have the same name");
    files.set(name, file);
  }

  async function checkFolder(chosen, progress) {
    const files = new Map();
    try {
      for (const file of chosen) {
        const path = file.webkitRelativePath.split("/").slice(1).join("/");
        add(files, path, { size: file.size, read: async () => new Uint8Array(await file.arrayBuffer()) });
      }
    } catch {
      return changed(later._("the bag is not as it was sealed"), { damages: [damage("invalid", "")] });
    }
    const isBag = files.has("bagit.txt") || files.has(SIGNED) || [...files.keys()].some((path) => path.startsWith("data/"));
    return isBag ? checkBag(files, progress) : unknown(later._("the folder is not a bag"));
  }

  // --- A ZIP file (APPNOTE.TXT) --------------------------------------------------------------------------------------

  class BrokenZip extends Error {}

  async function unpacked(part, method, size) {
    const stream = method === 8 ? part.stream().pipeThrough(new DecompressionStream("deflate-raw")) : part.stream();
    const content = new Uint8Array(size);
    let at = 0;
    for (const reader = stream.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      content.set(value, at); // fails if it is longer than the ZIP file says
      at += value.length;
    }
    if (at !== size) throw new Error("a file is shorter than the ZIP file says");
    return content;
  }

  /** Returns the files of a ZIP file; null if it needs another program. */
  async function entriesOf(file) {
    const start = Math.max(0, file.size - 65557);
    const tail = new Uint8Array(await file.slice(start).arrayBuffer());
    let end = tail.length - 22;
    while (end >= 0 && !(tail[end] === 0x50 && tail[end + 1] === 0x4b && tail[end + 2] === 5 && tail[end + 3] === 6)) end -= 1;
    if (end < 0) throw new Error("no end");
    const last = new DataView(tail.buffer, end);
    const count = last.getUint16(10, true);
    const length = last.getUint32(12, true);
    const place = last.getUint32(16, true);
    if (count === 0xffff || length === 0xffffffff || place === 0xffffffff) return null; // ZIP64
    if (place + length !== start + end) throw new Error("something lies before or after the list");
    const list = new DataView(await file.slice(place, place + length).arrayBuffer());
    const files = new Map();
    for (let at = 0, number = 0; number < count; number += 1) {
      if (list.getUint32(at, true) !== 0x02014b50) throw new Error("no entry");
      const flags = list.getUint16(at + 8, true);
      const method = list.getUint16(at + 10, true);
      const packed = list.getUint32(at + 20, true);
      const size = list.getUint32(at + 24, true);
      const named = list.getUint16(at + 28, true);
      const header = list.getUint32(at + 42, true);
      const name = new Uint8Array(list.buffer, at + 46, named);
      at += 46 + named + list.getUint16(at + 30, true) + list.getUint16(at + 32, true);
      if (flags & 1 || ![0, 8].includes(method)) return null; // a password, another way of packing
      const path = utf8(name);
      if (path.endsWith("/")) continue;
      add(files, path, {
        size,
        read: async () => {
          const local = new DataView(await file.slice(header, header + 30 + named).arrayBuffer());
          const own = new Uint8Array(local.buffer, 30, named);
          if (local.getUint32(0, true) !== 0x04034b50 || local.getUint16(26, true) !== named || !isSame(own, name)) {
            throw new BrokenZip();
          }
          const from = header + 30 + named + local.getUint16(28, true);
          return unpacked(file.slice(from, from + packed), method, size).catch(() => { throw new BrokenZip(); });
        },
      });
    }
    return files;
  }

  async function checkZip(file, progress) {
    try {
      return await checkEntries(await entriesOf(file), progress);
    } catch {
      return changed(later._("the ZIP file is damaged, or holds two files with the same name"));
    }
  }

  async function checkEntries(files, progress) {
    const tops = files ? [...files.keys()].filter((path) => /^(?:[^/]+\/)?bagit\.txt$/.test(path)).sort() : [];
    const found = tops.includes("bagit.txt") ? "bagit.txt" : tops[0];
    if (!found) return unknown(later._("the ZIP file holds no bag, or is locked: unpack it first"));
    const root = found.slice(0, -9);
    const inside = new Map();
    const outside = [];
    for (const [path, one] of files) {
      if (path.startsWith(root)) inside.set(path.slice(root.length), one);
      else outside.push(damage("unexpected", path));
    }
    const result = await checkBag(inside, progress);
    if (!outside.length || result.verdict === "unknown") return result;
    outside.sort((one, other) => (one.path < other.path ? -1 : 1));
    return changed(later._("the ZIP file holds files outside the bag, which nobody signed"), {
      damages: [...result.damages, ...outside],
    });
  }

  // --- A signed PDF (PAdES: CMS, RFC 5652, with Ed25519, RFC 8419) ---------------------------------------------------

  /** Reads one value of DER: its tag, all of it, its content. */
  function value(bytes, at = 0) {
    let length = bytes[at + 1];
    let from = at + 2;
    if (length > 127) {
      const count = length - 128;
      if (count < 1 || count > 4) throw new Error("a length that DER does not have");
      length = 0;
      for (const last = from + count; from < last; from += 1) length = length * 256 + bytes[from];
    }
    if (!(from + length <= bytes.length)) throw new Error("cut off");
    return { tag: bytes[at], all: bytes.subarray(at, from + length), content: bytes.subarray(from, from + length) };
  }

  function values(content) {
    const found = [];
    for (let at = 0; at < content.length; at += found[found.length - 1].all.length) found.push(value(content, at));
    return found;
  }

  const joined = (...parts) => bytesOf(parts.map(latin1).join(""));
  const latin1 = (bytes) => Array.from(bytes, (one) => String.fromCharCode(one)).join("");

  /** Returns the key, the signed attributes, the digest in them, and the signature; the key is null if it is no Ed25519. */
  function signer(cms) {
    const signedData = values(values(value(cms).content)[1].content)[0];
    const parts = values(signedData.content);
    const certificates = parts.filter((part) => part.tag === 0xa0).flatMap((part) => values(part.content));
    const info = values(values(parts[parts.length - 1].content)[0].content);
    let key = null;
    for (const certificate of certificates) {
      const [toBeSigned] = values(certificate.content);
      const fields = values(toBeSigned.content).filter((part) => part.tag !== 0xa0);
      const [serial, , issuer, , , publicKey] = fields;
      if (!isSame(joined(issuer.all, serial.all), info[1].content)) continue;
      const [algorithm, bits] = values(publicKey.content);
      if (hexOf(algorithm.content) === "06032b6570") key = bits.content.slice(1);
    }
    const attributes = info[3];
    const ofDigest = values(attributes.content).map((one) => values(one.content))
      .find(([name]) => hexOf(name.content) === "2a864886f70d010904");
    return {
      key,
      isSha512: hexOf(values(info[2].content)[0].content) === "608648016503040203",
      attributes: joined([0x31], attributes.all.subarray(1)), // signed as a SET (RFC 5652, 5.4)
      digest: hexOf(values(ofDigest[1].content)[0].content),
      signature: info[5].content,
    };
  }

  async function checkPdf(file) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const text = latin(bytes);
    const broken = changed(later._("it was changed after it was signed, or is damaged"));
    if (!text.includes("/ByteRange")) return unknown(later._("it has no signature of an archive"));
    const ranges = [...text.matchAll(/\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g)];
    if (!ranges.length) return broken;
    const [from, length, next, rest] = ranges[ranges.length - 1].slice(1).map(Number);
    try {
      const gap = /^<([0-9A-Fa-f]+)>$/.exec(text.slice(from + length, next));
      if (!gap) return broken;
      const cms = Uint8Array.from(gap[1].match(/../g), (one) => parseInt(one, 16));
      const signed = signer(cms);
      const key = signed.key && keys.get(await digest("SHA-256", signed.key));
      if (!key) return unknown(later._("it is signed by a key that is not trusted"));
      const covered = new Uint8Array(length + rest);
      covered.set(bytes.subarray(from, from + length));
      covered.set(bytes.subarray(next, next + rest), length);
      const isWhole = from === 0 && next + rest === bytes.length && signed.isSha512
        && await digest("SHA-512", covered) === signed.digest
        && await isSignedBy(key, signed.signature, signed.attributes);
      return isWhole ? right(later._("it is as the archive signed it")) : broken;
    } catch {
      return broken;
    }
  }

  // --- A photograph --------------------------------------------------------------------------------------------------

  async function checkPhotograph(file) {
    if (!("BarcodeDetector" in window)) {
      return unknown(later._("this browser cannot read a code from a photograph. Point the camera of a phone at the code: it shows the text, which you can copy into the field above"));
    }
    try {
      const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
      const codes = await detector.detect(await createImageBitmap(file));
      const code = codes.map((one) => one.rawValue).find(isStatement);
      if (code) return checkCode(code);
    } catch {
      // It is no picture, or this machine has no reader of codes.
    }
    return unknown(later._("no code of a certificate was found on it. Photograph the code again, large, sharp and in even light"));
  }

  async function checkFile(file, progress) {
    const head = latin(new Uint8Array(await file.slice(0, 4).arrayBuffer()));
    if (head === "PK\x03\x04" || head === "PK\x05\x06") return checkZip(file, progress);
    if (head === "%PDF") return checkPdf(file);
    if (file.size <= LONGEST_CODE) {
      const text = latin(new Uint8Array(await file.arrayBuffer()));
      if (isStatement(text)) return checkCode(text);
    }
    return file.type.startsWith("image/") ? checkPhotograph(file) : unknown(later._("it has no signature of an archive"));
  }

  // --- The page ------------------------------------------------------------------------------------------------------

  const byId = (id) => document.getElementById(id);
  let shown = null;

  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, one] of Object.entries(attributes)) made.setAttribute(key, one);
    return made;
  }

  const VERDICTS = { right: ["✓", later._("Right")], changed: ["✗", later._("Changed")], unknown: ["?", later._("Unknown")] };
  const KINDS = {
    changed: later._("changed"), missing: later._("missing"), unexpected: later._("unexpected"), invalid: later._("invalid"),
  };
  const ROWS = [
    [later._("Case file"), (one) => one.case], [later._("Box"), (one) => one.box],
    [later._("Scans"), (one) => number(one.scans)], [later._("Pages"), (one) => number(one.pages)],
    [later._("Archived"), (one) => one.archived], [later._("Stated"), (one) => one.made],
    [later._("Contents (SHA-256)"), (one) => one.manifest],
    [later._("Journal"), (one) => `${one.line}: ${one.head}`], [later._("Key"), (one) => one.key],
  ];

  function show(result) {
    shown = result;
    const place = byId("finding");
    place.className = `finding ${result.verdict}`;
    place.hidden = false;
    const [sign, word] = VERDICTS[result.verdict];
    const reason = _(result.reason).replace(/\{(\w+)\}/g, (_all, name) => result.values[name]);
    const parts = [element("h2", `${sign} ${_(word)}`), element("p", reason)];
    if (result.damages.length) {
      const list = element("ul", "");
      list.append(...result.damages.map((one) => element("li", [_(KINDS[one.kind]), one.path].filter(Boolean).join(": "))));
      parts.push(list);
    }
    if (result.statement) {
      if (result.verdict !== "right") parts.push(element("p", _("It says the following, and nobody confirms it:")));
      const list = element("dl", "");
      for (const [label, of] of ROWS) list.append(element("dt", _(label)), element("dd", of(result.statement)));
      parts.push(list);
    }
    place.replaceChildren(...parts);
    place.scrollIntoView({ block: "nearest" });
  }

  let latest = 0;
  async function check(work) {
    const own = latest += 1;
    byId("finding").hidden = true;
    const progress = (done, all) => {
      if (own === latest) byId("progress").textContent = `${_("Checking …")} ${number(done)} / ${number(all)}`;
    };
    byId("progress").textContent = _("Checking …");
    let result;
    try {
      result = await work(progress);
    } catch {
      result = unknown(later._("it cannot be read, or is too large for this browser"));
    }
    if (own !== latest) return;
    byId("progress").textContent = "";
    show(result);
    byId("finding").focus();  // so that it is read out to whoever does not see it
  }

  function speak(code) {
    language = code;
    document.documentElement.lang = code;
    document.querySelectorAll("[data-say]").forEach((one) => {
      one.dataset.say = one.dataset.say || one.textContent;
      one.textContent = _(one.dataset.say);
    });
    document.querySelectorAll("[data-language]").forEach((one) => one.setAttribute("aria-pressed", one.dataset.language === code));
    document.title = byId("title").textContent;
    if (shown) show(shown);
  }

  function checkFragment() {
    if (!isStatement(location.hash)) return;
    byId("code").value = bare(location.hash);
    check(() => checkCode(location.hash));
  }

  async function begin() {
    const asked = (navigator.languages || []).map((one) => one.slice(0, 2));
    speak(asked.find((one) => ["km", "fr", "en"].includes(one)) || "en");
    document.querySelectorAll("[data-language]").forEach((one) => {
      one.addEventListener("click", () => speak(one.dataset.language));
    });
    try {
      for (const key of data.keys) {
        const raw = bytesOf(atob(key));
        const name = await digest("SHA-256", raw);
        keys.set(name, await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]));
        byId("keys").append(element("li", name));
      }
    } catch {
      byId("cannot").hidden = false;
      return;
    }
    byId("forms").hidden = false;
    byId("check").addEventListener("click", () => check(() => checkCode(byId("code").value)));
    // Otherwise a file that is chosen again, because it has changed meanwhile, would not be checked again.
    for (const id of ["file", "folder"]) byId(id).addEventListener("click", (event) => { event.target.value = ""; });
    byId("file").addEventListener("change", (event) => {
      const [file] = event.target.files;
      if (file) check((progress) => checkFile(file, progress));
    });
    byId("folder").addEventListener("change", (event) => {
      const chosen = [...event.target.files];
      if (chosen.length) check((progress) => checkFolder(chosen, progress));
    });
    window.addEventListener("hashchange", checkFragment);
    checkFragment();
  }

  begin();
})();
