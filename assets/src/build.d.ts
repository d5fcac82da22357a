/** css/components/script.css, put in by build.mjs. */
declare const RUNDIFF_STYLE: string;
