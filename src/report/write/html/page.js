(function(){
"use strict";
// Tables sort by a click on a column's name; without this they stand as they are.
function key(cell){var v=cell&&cell.getAttribute("data-v");if(v!==null&&v!==undefined&&v!==""){return Number(v);}return cell?cell.textContent.trim():"";}
document.querySelectorAll("table.sorts").forEach(function(table){
  var head=table.tHead&&table.tHead.rows[0];if(!head){return;}
  Array.prototype.forEach.call(head.cells,function(th,at){
    var button=document.createElement("button");button.type="button";button.textContent=th.textContent;th.textContent="";th.appendChild(button);
    button.addEventListener("click",function(){
      var down=th.getAttribute("aria-sort")==="descending";
      Array.prototype.forEach.call(head.cells,function(other){other.removeAttribute("aria-sort");});
      th.setAttribute("aria-sort",down?"ascending":"descending");
      var body=table.tBodies[0],rows=Array.prototype.slice.call(body.rows).map(function(row,place){return [key(row.cells[at]),place,row];});
      rows.sort(function(a,b){var x=a[0],y=b[0],c;
        if(typeof x==="number"&&typeof y==="number"){c=x-y;}else if(typeof x==="number"){c=1;}else if(typeof y==="number"){c=-1;}else{c=x<y?-1:x>y?1:0;}
        return (down?c:-c)||a[1]-b[1];});
      rows.forEach(function(row){body.appendChild(row[2]);});
    });
  });
});
// One switch for all folded tables, and all are open on paper.
var all=document.querySelectorAll("details");
var nav=document.querySelector("nav ul");
if(nav&&all.length){
  var item=document.createElement("li"),fold=document.createElement("button");fold.type="button";fold.textContent="Show all tables";fold.className="fold";
  fold.addEventListener("click",function(){var open=fold.textContent==="Show all tables";all.forEach(function(d){d.open=open;});fold.textContent=open?"Hide all tables":"Show all tables";});
  item.appendChild(fold);nav.appendChild(item);
}
var were=[];
window.addEventListener("beforeprint",function(){were=[];all.forEach(function(d){were.push(d.open);d.open=true;});});
window.addEventListener("afterprint",function(){all.forEach(function(d,at){d.open=were[at];});});
}());
