"use strict";(()=>{document.documentElement.dataset.script="on";})();
