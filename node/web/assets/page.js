// Keeps a page as fresh as the node: asks for its own address again once a second while somebody
// looks at it, and replaces what the node now says otherwise. Times become the reader's own.
// No word stands here: all of them come from the node.

const PAUSE_MS = 1000;
const PATIENCE_MS = 5000;

/** Shows the times within an element in the zone of whoever reads them. */
function localTimes(within) {
  for (const time of within.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.title = time.dateTime;
    time.textContent = moment.toLocaleString(document.documentElement.lang, {
      dateStyle: "short", timeStyle: "medium",
    });
  }
}

/** The elements that change, by id. */
function live(of) {
  return [...of.querySelectorAll("[data-live][id]")];
}

/** What the node said last of each of them: what a script has changed since is no difference. */
const said = new Map();

/** Replaces an element, and keeps open what was open and the focus where it was. */
function replace(old, fresh) {
  const open = [...old.querySelectorAll("details[id][open]")].map((one) => one.id);
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const copy = document.importNode(fresh, true);
  localTimes(copy);
  old.replaceChildren(...copy.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus();
}

/** Takes over what the node says now. */
function take(answer) {
  for (const old of live(document)) {
    const fresh = answer.getElementById(old.id);
    if (!fresh || fresh.innerHTML === said.get(old.id)) continue;
    said.set(old.id, fresh.innerHTML);
    replace(old, fresh);
  }
  document.body.toggleAttribute("data-changes", answer.body.hasAttribute("data-changes"));
}

const bar = document.getElementById("unreachable");

/** Asks once; the browser sends the tag of what it has, and 304 is an answer, too. */
function ask() {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.timeout = PATIENCE_MS;
    request.onload = () => {
      bar.hidden = request.status < 500;
      if (request.status === 200 && request.responseXML) take(request.responseXML);
      done();
    };
    request.onerror = request.ontimeout = () => {
      bar.hidden = false;
      done();
    };
    request.send();
  });
}

async function watch() {
  for (;;) {
    await new Promise((done) => setTimeout(done, PAUSE_MS));
    if (!document.hidden && document.body.hasAttribute("data-changes")) await ask();
  }
}

for (const element of live(document)) said.set(element.id, element.innerHTML);
localTimes(document);
watch();
