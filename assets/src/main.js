// What a report does in the browser. The page is complete without it.

document.documentElement.dataset.script = "on";
